import Testing
import TestSupport

/// The manual pages, and what is installed with them.
@Suite(.ownThreads) struct ManualTests {
    @Test func pagesAreCurrentAndWellFormed() throws {
        let script = try SampleUsers.repository() + "/scripts/manpages"
        let result = try Tool.run([script, "--check", try RunningMartlet.binary()])
        #expect(result.status == 0, "\(result)")
    }

    @Test func installationGoesWhereItIsTold() throws {
        let image = try TemporaryDirectory()
        let script = try SampleUsers.repository() + "/scripts/install"
        let variables = ["DESTDIR=\(image.path)", "PREFIX=/usr"]
        let result = try Tool.run([script, try RunningMartlet.binary()], environment: variables)
        #expect(result.status == 0, "\(result)")
        let check = try Tool.run([image.path + "/usr/sbin/martlet", "--version"])
        #expect(check.status == 0, "\(check)")
        let unit = try TextFile.read(image.path + "/lib/systemd/system/martlet.service")
        #expect(unit.contains("ExecStart=/usr/sbin/martlet serve") && !unit.contains("/usr/local"))
        for file in [
            "usr/share/man/man8/martlet-serve.8", "usr/share/man/man5/martlet.yaml.5",
            "lib/systemd/system/martlet-imaps.socket", "usr/lib/sysusers.d/martlet.conf",
            "usr/lib/tmpfiles.d/martlet.conf", "usr/share/martlet/schema/martlet.schema",
            "usr/share/martlet/ldif/templates/user.ldif",
        ] {
            #expect(try !TextFile.read(image.path + "/" + file).isEmpty, "\(file)")
        }
        // What the administrator has written stays.
        try TextFile.write("mine", to: image.path + "/etc/martlet/martlet.yaml")
        #expect(try Tool.run([script, try RunningMartlet.binary()], environment: variables).status == 0)
        #expect(try TextFile.read(image.path + "/etc/martlet/martlet.yaml") == "mine")
    }
}
