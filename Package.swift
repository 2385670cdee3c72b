// swift-tools-version: 6.2

import PackageDescription

let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries: a module map and a shim each.
        .systemLibrary(
            name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLDAP", providers: [.apt(["libldap2-dev"])]),
        .systemLibrary(name: "CSASL", providers: [.apt(["libsasl2-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CUnbound", providers: [.apt(["libunbound-dev"])]),
        .systemLibrary(name: "CIDN2", providers: [.apt(["libidn2-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CChecksum"),

        // Values and formats: no I/O.
        .target(name: "MailModel", swiftSettings: swift),
        .target(name: "Metrics", swiftSettings: swift),
        .target(name: "InternetMessage", dependencies: ["MailModel"], swiftSettings: swift),
        .target(name: "SMTP", dependencies: ["MailModel", nio], swiftSettings: swift),
        .target(name: "POP3", dependencies: ["MailModel", nio], swiftSettings: swift),
        .target(
            name: "IMAP", dependencies: ["MailModel", "InternetMessage", nio], swiftSettings: swift),
        .target(
            name: "DKIM", dependencies: ["COpenSSL", "MailModel", "InternetMessage", nio],
            swiftSettings: swift),

        // The network, the directory, the disk.
        .target(
            name: "Transport", dependencies: ["COpenSSL", "CZlib", nio, nioPosix, logging],
            swiftSettings: swift),
        .target(
            name: "DNS", dependencies: ["CUnbound", "CIDN2", "MailModel", logging],
            swiftSettings: swift),
        .target(
            name: "TLSPolicy", dependencies: ["CCurl", "MailModel", "InternetMessage", logging],
            swiftSettings: swift),
        .target(
            name: "Directory", dependencies: ["CLDAP", "MailModel", "Metrics", logging],
            swiftSettings: swift),
        .target(
            name: "Authentication",
            dependencies: [
                "CSASL", "COpenSSL", "MailModel", "InternetMessage", "Metrics", "Directory", logging,
            ],
            swiftSettings: swift),
        .target(
            name: "Storage",
            dependencies: [
                "CChecksum", "MailModel", "InternetMessage", "Metrics", grdb, sqlite, nio, logging,
            ],
            swiftSettings: swift),
        .target(
            name: "Spool", dependencies: ["MailModel", "Storage", nio, logging],
            swiftSettings: swift),
        .target(
            name: "MailboxStore",
            dependencies: ["MailModel", "InternetMessage", "Storage", grdb, sqlite, nio, logging],
            swiftSettings: swift),

        // The services.
        .target(
            name: "Delivery",
            dependencies: [
                "MailModel", "InternetMessage", "SMTP", "Transport", "DNS", "DKIM", "TLSPolicy",
                "Directory", "Authentication", "Storage", "Spool", nio, logging,
            ],
            swiftSettings: swift),
        .target(
            name: "MailServer",
            dependencies: [
                "CLinux", "MailModel", "Metrics", "InternetMessage", "SMTP", "POP3", "IMAP",
                "Transport", "Directory", "Authentication", "Storage", "Spool", "MailboxStore",
                "DNS", "DKIM", "TLSPolicy", "Delivery", nio, nioPosix,
                logging, "Yams",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swift),
        .target(name: "Backup", dependencies: ["COpenSSL", "Storage"], swiftSettings: swift),
        .target(
            name: "Migration", dependencies: ["COpenSSL", "MailModel", "IMAP", nio],
            swiftSettings: swift),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "MailServer", "MailModel", "Directory", "Delivery", "DKIM", "Storage", "Backup",
                "Migration", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift),

        // Tests. What they share stands in TestSupport, what all kinds of fuzzing share, and the random numbers
        // of all tests, in FuzzSupport, which needs no test libraries;
        // IntegrationTests run the built server.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: swift),
        .target(
            name: "FuzzSupport",
            dependencies: ["SMTP", "POP3", "IMAP", "InternetMessage", "MailModel", nio],
            path: "Tests/FuzzSupport", swiftSettings: swift),
        .testTarget(
            name: "MailModelTests", dependencies: ["MailModel"], swiftSettings: swift),
        .testTarget(
            name: "InternetMessageTests",
            dependencies: ["InternetMessage", "MailModel", "FuzzSupport", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "SMTPTests", dependencies: ["SMTP", "MailModel", "FuzzSupport", nio],
            swiftSettings: swift),
        .testTarget(
            name: "POP3Tests",
            dependencies: [
                "POP3", "MailServer", "MailModel", "MailboxStore", "Transport", "Directory",
                "Authentication", "Storage", "FuzzSupport", nio, nioPosix, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "IMAPTests",
            dependencies: ["IMAP", "InternetMessage", "MailModel", "FuzzSupport", nio],
            swiftSettings: swift),
        .testTarget(
            name: "DKIMTests",
            dependencies: [
                "DKIM", "COpenSSL", "InternetMessage", "MailModel", "FuzzSupport", "TestSupport", nio,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "TransportTests", dependencies: ["Transport", "FuzzSupport", "TestSupport", nio, logging],
            swiftSettings: swift),
        .testTarget(
            name: "DNSTests", dependencies: ["DNS", "FuzzSupport", "TestSupport", logging],
            swiftSettings: swift),
        .testTarget(
            name: "TLSPolicyTests", dependencies: ["TLSPolicy", "MailModel", "TestSupport", logging],
            swiftSettings: swift),
        .testTarget(
            name: "DirectoryClientTests", dependencies: ["Directory", "TestSupport", logging],
            swiftSettings: swift),
        .testTarget(
            name: "DirectoryTests",
            dependencies: ["Directory", "MailModel", "TestSupport", logging],
            swiftSettings: swift),
        .testTarget(
            name: "AuthenticationTests",
            dependencies: [
                "CSASL", "COpenSSL", "Authentication", "MailModel", "Directory", "FuzzSupport",
                "TestSupport", logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "StorageTests",
            dependencies: [
                "Storage", "MailModel", "Metrics", "CChecksum", "FuzzSupport", grdb, nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "MailboxStoreTests",
            dependencies: [
                "MailboxStore", "Storage", "InternetMessage", "MailModel", "FuzzSupport", "TestSupport",
                grdb, sqlite, nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "SpoolTests", dependencies: ["Spool", "Storage", "MailModel", "FuzzSupport", nio, logging],
            swiftSettings: swift),
        .testTarget(
            name: "DeliveryTests",
            dependencies: [
                "Delivery", "InternetMessage", "Directory", "DNS", "SMTP", "Spool", "Storage",
                "MailModel", "TestSupport", "TLSPolicy", "Transport", nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "SMTPServiceTests",
            dependencies: [
                "TestSupport", "MailServer", "SMTP", "MailModel", "InternetMessage", "Transport",
                "Directory", "Delivery", "Authentication", "Storage", nio, nioPosix, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "IMAPServiceTests",
            dependencies: [
                "TestSupport", "MailServer", "IMAP", "InternetMessage", "MailModel", "MailboxStore",
                "Transport", "Directory", "Authentication", "Storage", nio, nioPosix, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "MailServerTests",
            dependencies: [
                "MailServer", "DNS", "Directory", "Delivery", "MailModel", "Metrics", "Spool", "Storage",
                "TestSupport", "Transport", nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "BackupTests",
            dependencies: ["Backup", "Storage", "MailModel", "TestSupport", grdb, nio, logging],
            swiftSettings: swift),
        .testTarget(
            name: "MigrationTests", dependencies: ["Migration", "MailModel", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "RobustnessTests",
            dependencies: [
                "martlet", "Directory", "FuzzSupport", "InternetMessage", "MailModel", "MailServer",
                "Storage", "TestSupport", "Transport", nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "IntegrationTests", dependencies: ["martlet", "COpenSSL", "FuzzSupport", "TestSupport"],
            exclude: ["Support/mailtool.py", "Support/sink.py"], swiftSettings: swift),
    ]
)

// What scripts/fuzz builds: libFuzzer is no part of an ordinary build, and asks for instrumented code.
if Context.environment["MARTLET_FUZZ"] != nil {
    package.targets += [
        .executableTarget(
            name: "martlet-fuzz",
            dependencies: [
                "FuzzSupport", "MailModel", "InternetMessage", "SMTP", "IMAP", "DKIM", "DNS",
                "TLSPolicy", "Directory", "Authentication", "Migration", nio,
            ],
            path: "Tests/Fuzz", swiftSettings: swift),
    ]
}
