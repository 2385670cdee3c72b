import Testing
import TestSupport

/// Other people's IMAP clients: curl and Python's imaplib, the latter's socket compressed as well.
@Suite(.ownThreads) struct IMAPClientTests {
    let server: RunningMartlet
    let authority: String

    init() throws {
        server = try RunningMartlet.shared.get()
        authority = try Certificates.shared.get().authority.certificate
    }

    @Test(arguments: ["imap", "imaps"])
    func curlFetches(_ listener: String) throws {
        let user = server.newUser()
        try server.deliver(to: [user.address], "Subject: for curl\r\n\r\n..body\r\n...")
        let pop3 = try server.messages(of: user)[0].joined(separator: "\r\n") + "\r\n"
        let curl = [
            "/usr/bin/curl", "--silent", "--show-error", "--max-time", "30", "--cacert", authority,
            "--connect-to", "mail.example.org::127.0.0.1:", "--ssl-reqd", "--user",
            "\(user.address):\(user.password)",
        ]
        let url = "\(listener)://mail.example.org:\(server.port(listener))/"
        let list = try Tool.run(curl + [url])
        #expect(list.output.contains("* LIST (\\HasNoChildren \\Sent) \"/\" Sent"), "\(list)")
        let found = try Tool.run(curl + [url + "INBOX", "--request", "UID SEARCH SUBJECT curl"])
        #expect(found.output == "* SEARCH 1\r\n", "\(found)")
        let message = try Tool.run(curl + [url + "INBOX;UID=1"])
        #expect(message.status == 0 && message.output == pop3, "\(message)")
        // Not from its input: curl must know the size for APPEND.
        let files = try TemporaryDirectory()
        try TextFile.write("Subject: kept\r\n\r\nbody\r\n", to: files.path + "/message")
        let sent = try Tool.run(curl + [url + "Sent", "--upload-file", files.path + "/message"])
        #expect(sent.status == 0, "\(sent)")
        withExtendedLifetime(files) {}
        let kept = try Tool.run(curl + [url + "Sent;UID=1/;SECTION=TEXT"])
        #expect(kept.output == "body\r\n", "\(kept)")
    }

    @Test func imaplibSpeaksAllOfIt() throws {
        let user = server.newUser()
        let result = try Tool.run(
            ["/usr/bin/python3", "-", authority, "\(server.port("imap"))", user.address, user.password],
            input: Self.script)
        #expect(result.status == 0 && result.output.hasSuffix("done\n"), "\(result)")
    }

    private static let script = """
        import imaplib, ssl, sys, zlib
        authority, port, user, password = sys.argv[1:]

        def ok(answer):
            assert answer[0] in ("OK", "BYE"), answer
            return answer[1]

        def connect():
            client = imaplib.IMAP4("127.0.0.1", int(port))
            assert "LOGINDISABLED" in client.capabilities
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False
            ok(client.starttls(context))
            assert "LOGINDISABLED" not in client.capabilities
            return client

        one = connect()
        ok(one.authenticate("PLAIN", lambda _: f"\\0{user}\\0{password}".encode()))
        ok(one.append("INBOX", "(\\\\Seen)", None, b"Subject: one\\r\\n\\r\\nfirst\\r\\n"))
        ok(one.append("INBOX", None, None, b"Subject: two\\r\\n\\r\\nsecond\\r\\n"))
        assert ok(one.select()) == [b"2"]
        assert ok(one.search(None, "UNSEEN")) == [b"2"]
        assert ok(one.fetch("2", "(RFC822)"))[0][1].endswith(b"second\\r\\n")
        assert b"\\\\Seen" in ok(one.fetch("2", "(FLAGS)"))[0]
        ok(one.store("1", "+FLAGS", "\\\\Deleted"))
        assert ok(one.expunge()) == [b"1"]
        ok(one.create("Kept"))
        ok(one.uid("MOVE", "2", "Kept"))
        assert b"MESSAGES 1" in ok(one.status("Kept", "(MESSAGES)"))[0]

        # Above TLS everything is compressed, in both directions.
        two = connect()
        ok(two.login(user, password))
        plain, deflate, inflate = two.sock, zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
        plain.sendall(b"z1 COMPRESS DEFLATE\\r\\n")
        assert two.file.readline().startswith(b"z1 OK")

        def ask(command):
            data = deflate.compress(command) + deflate.flush(zlib.Z_SYNC_FLUSH)
            plain.sendall(data)
            text = b""
            while b"z2 " not in text:
                text += inflate.decompress(plain.recv(65536))
            return text
        assert b"second" in ask(b"z0 SELECT Kept\\r\\nz2 FETCH 1 BODY[]\\r\\n")

        # UNAUTHENTICATE ends that; what follows in the same packet is in clear.
        again = b'z4 LOGIN "%s" "%s"\\r\\n' % (user.encode(), password.encode())
        for flush in zlib.Z_SYNC_FLUSH, zlib.Z_FINISH:
            for behind in b"", again:
                data = deflate.compress(b"z3 UNAUTHENTICATE\\r\\n") + deflate.flush(flush)
                plain.sendall(data + behind)
                text = b""
                while not inflate.eof:
                    text += inflate.decompress(plain.recv(65536))
                assert text.startswith(b"z3 OK") and text.count(b"\\n") == 1
                text = inflate.unused_data
                if not behind: plain.sendall(again)
                while not text.endswith(b"\\n"):
                    text += plain.recv(65536)
                assert text.startswith(b"z4 OK"), text
                plain.sendall(b"z5 COMPRESS DEFLATE\\r\\n")
                assert plain.recv(65536).startswith(b"z5 OK")
                deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(-15)
                assert b"z2 OK" in ask(b"z2 NOOP\\r\\n")
        ok(one.logout())
        print("done")
        """
}
