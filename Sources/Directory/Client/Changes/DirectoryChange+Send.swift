internal import CLDAP
internal import Glibc

extension DirectoryChange {
    /// Hands the change to libldap, which encodes it before it returns.
    func send(on handle: OpaquePointer, id: inout Int32) -> Int32 {
        switch self {
        case .add(let dn, let attributes):
            let list = ModificationList(attributes.map { (LDAP_MOD_ADD, $0) })
            return ldap_add_ext(handle, dn, list.pointer, nil, nil, &id)
        case .modify(let dn, let modifications, let permissive):
            let list = ModificationList(modifications.map { ($0.operation, $0.attribute) })
            guard permissive else {
                return ldap_modify_ext(handle, dn, list.pointer, nil, nil, &id)
            }
            return withPermissiveModify { ldap_modify_ext(handle, dn, list.pointer, $0, nil, &id) }
        case .delete(let dn):
            return ldap_delete_ext(handle, dn, nil, nil, &id)
        case .rename(let dn, let newRDN, let deletesOldRDN, let newSuperior):
            return ldap_rename(
                handle, dn, newRDN, newSuperior, deletesOldRDN ? 1 : 0, nil, nil, &id)
        }
    }
}

/// The list of controls that holds the one.
private func withPermissiveModify(
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>) -> Int32
) -> Int32 {
    LDAP_CONTROL_X_PERMISSIVE_MODIFY.withCString { oid in
        var control = LDAPControl()
        control.ldctl_oid = UnsafeMutablePointer(mutating: oid)
        // A server without it refuses nothing that it would not refuse anyway.
        control.ldctl_iscritical = 0
        return withUnsafeMutablePointer(to: &control) { control in
            var list: [UnsafeMutablePointer<LDAPControl>?] = [control, nil]
            return list.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
        }
    }
}

extension DirectoryChange.Modification {
    fileprivate var operation: Int32 {
        switch kind {
        case .add: LDAP_MOD_ADD
        case .delete: LDAP_MOD_DELETE
        case .replace: LDAP_MOD_REPLACE
        case .increment: LDAP_MOD_INCREMENT
        }
    }
}

/// A null-terminated array of LDAPMod with everything it points to, in C's memory.
private final class ModificationList {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<LDAPMod>?>
    private var blocks: [UnsafeMutableRawPointer] = []

    init(_ modifications: [(operation: Int32, attribute: DirectoryAttribute)]) {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<LDAPMod>?>.allocate(
            capacity: modifications.count + 1)
        pointer = list
        blocks.append(list)
        for (index, item) in modifications.enumerated() {
            let values = UnsafeMutablePointer<UnsafeMutablePointer<berval>?>.allocate(
                capacity: item.attribute.values.count + 1)
            blocks.append(values)
            for (position, octets) in item.attribute.values.enumerated() {
                values[position] = value(octets)
            }
            values[item.attribute.values.count] = nil
            let modification = UnsafeMutablePointer<LDAPMod>.allocate(capacity: 1)
            blocks.append(modification)
            modification.initialize(
                to: LDAPMod(
                    mod_op: item.operation | LDAP_MOD_BVALUES, mod_type: text(item.attribute.name),
                    mod_vals: .init(modv_bvals: item.attribute.values.isEmpty ? nil : values)))
            list[index] = modification
        }
        list[modifications.count] = nil
    }

    deinit {
        for block in blocks { block.deallocate() }
    }

    private func text(_ string: String) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: string.utf8.count + 1)
        _ = copy.initialize(from: string.utf8CString)
        blocks.append(copy.baseAddress!)
        return copy.baseAddress!
    }

    private func value(_ octets: [UInt8]) -> UnsafeMutablePointer<berval> {
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(octets.count, 1), alignment: 1)
        octets.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
        }
        blocks.append(copy)
        let value = UnsafeMutablePointer<berval>.allocate(capacity: 1)
        value.initialize(
            to: berval(bv_len: UInt(octets.count), bv_val: copy.assumingMemoryBound(to: CChar.self)))
        blocks.append(value)
        return value
    }
}
