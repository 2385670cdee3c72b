import Directory
import Logging
import MailModel
import TestSupport
import Testing

/// Quotas that are written into the directory.
struct QuotaTests {
    private static func writing(_ slapd: PrivateSlapd, map: AttributeMap = .martlet) -> Directory {
        Directory(
            configuration: DirectoryConfiguration(
                connection: DirectoryConnectionConfiguration(
                    uris: [slapd.uri], security: .none,
                    credentials: .simple(
                        dn: slapd.adminDN, password: Array(slapd.adminPassword.utf8)),
                    operationTimeout: .seconds(30), connectTimeout: .seconds(30)),
                base: "dc=example,dc=org", attributeMap: map),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func setAndTakenBack() async throws {
        let sample = try SampleDirectory()
        let directory = Self.writing(sample.slapd)
        guard case .found(let account) = await directory.account(login: "carol") else {
            Issue.record("no account")
            return
        }
        let table: [(set: Quota, read: Quota)] = [
            (Quota(bytes: 5 << 20, messages: 7), Quota(bytes: 5 << 20, messages: 7)),
            // Zero would be without limit.
            (Quota(bytes: 0, messages: 1), Quota(bytes: 1, messages: 1)),
        ]
        for (quota, expected) in table {
            guard case .done = await directory.setQuota(quota, of: account),
                case .found(let now) = await directory.account(id: account.id)
            else {
                Issue.record("not set")
                continue
            }
            #expect(now.quota == expected)
        }
        guard case .done = await directory.setQuota(.unlimited, of: account),
            case .found(let now) = await directory.account(id: account.id),
            case .found(let domain) = await directory.domain(named: "example.org")
        else {
            Issue.record("not taken back")
            return
        }
        #expect(now.quota == domain.defaultQuota)
        await directory.shutDown()
        await sample.directory.shutDown()
    }

    @Test func refused() async throws {
        let sample = try SampleDirectory()
        guard case .found(let account) = await sample.directory.account(login: "carol") else {
            Issue.record("no account")
            return
        }
        let quota = Quota(bytes: 1024, messages: nil)
        guard case .refused = await sample.directory.setQuota(quota, of: account) else {
            Issue.record("the reader may write")
            return
        }
        // Stock schemas have no attribute for it.
        let stock = Self.writing(sample.slapd, map: .stock)
        guard case .refused = await stock.setQuota(quota, of: account) else {
            Issue.record("written somewhere")
            return
        }
        await stock.shutDown()
        await sample.directory.shutDown()
    }
}
