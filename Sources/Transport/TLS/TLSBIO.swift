import COpenSSL

/// The BIO through which OpenSSL reads and writes records: straight from the bytes that the socket
/// gave, straight into the buffer that it will be given, with no memory BIO in between.
enum TLSBIO {
    /// OpenSSL's table of our functions, made once and never freed.
    private struct Method: @unchecked Sendable {
        let table: OpaquePointer
    }

    private static let method: Method? = {
        guard let table = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "martlet")
        else { return nil }
        BIO_meth_set_create(table) { bio in
            BIO_set_init(bio, 1)
            return 1
        }
        BIO_meth_set_read(table) { bio, bytes, count in
            guard let engine = TLSEngine.of(bio: bio), let bytes else { return -1 }
            martlet_bio_clear_retry(bio)
            let taken = engine.takeRecordBytes(UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
            guard taken > 0 else {
                martlet_bio_retry_read(bio)
                return -1
            }
            return Int32(taken)
        }
        BIO_meth_set_write(table) { bio, bytes, count in
            guard let engine = TLSEngine.of(bio: bio), let bytes else { return -1 }
            martlet_bio_clear_retry(bio)
            engine.addOutput(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(table) { _, command, _, _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return Method(table: table)
    }()

    /// A BIO of the given engine, which must outlive it.
    static func make(for engine: UnsafeMutableRawPointer) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method.table) else { return nil }
        BIO_set_data(bio, engine)
        return bio
    }
}
