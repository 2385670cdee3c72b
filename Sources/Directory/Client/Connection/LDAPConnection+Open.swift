internal import CLDAP

extension LDAPConnection {
    /// Connects, protects and authenticates as the server itself.
    ///
    /// - Throws: a fault that names the server and the step. A certificate that can't be verified
    ///   is such a fault; there is no way on in the clear.
    static func open(
        index: Int, configuration: DirectoryConnectionConfiguration,
        until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) -> LDAPConnection {
        let connection = try LDAPConnection(
            uri: configuration.uris[index], index: index, configuration: configuration)
        try connection.protect(configuration.security, until: deadline)
        try connection.authenticate(configuration.credentials, until: deadline)
        martlet_ldap_established(connection.handle)
        return connection
    }

    /// StartTLS (RFC 4511 section 4.14) where the URI's scheme doesn't bring protection already.
    func protect(
        _ security: DirectoryConnectionConfiguration.TransportSecurity,
        until deadline: ContinuousClock.Instant
    ) throws(DirectoryFault) {
        limitConnecting(until: deadline)
        guard security == .required, scheme == "ldap" else { return }
        var message: Int32 = 0
        var status = ldap_start_tls(handle, nil, nil, &message)
        guard status == LDAP_SUCCESS else { throw fault(status, "StartTLS") }
        let answer = LDAPResult(
            consuming: try result(of: message, until: deadline, "StartTLS"), on: handle)
        guard answer.code == LDAP_SUCCESS else {
            throw DirectoryFault(
                .refused(code: Int(answer.code)), "\(uri): StartTLS: \(answer.description)")
        }
        limitConnecting(until: deadline)
        // Octets that came in the clear after the answer are read as part of the handshake, which
        // fails on them: nothing injected there is taken for an answer.
        status = ldap_install_tls(handle)
        guard status == LDAP_SUCCESS else { throw fault(status, "TLS") }
    }

    var scheme: String {
        String(uri.prefix { $0 != ":" }).lowercased()
    }

    func setOptions(_ configuration: DirectoryConnectionConfiguration) throws(DirectoryFault) {
        var version = Int32(LDAP_VERSION3)
        ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version)
        martlet_ldap_switch(handle, LDAP_OPT_REFERRALS, 0)
        martlet_ldap_switch(handle, LDAP_OPT_RESTART, 1)
        // Without it, SASL looks the server's address up in the DNS, however long that takes.
        martlet_ldap_switch(handle, LDAP_OPT_X_SASL_NOCANON, 1)
        var dereferencing = Int32(LDAP_DEREF_NEVER)
        ldap_set_option(handle, LDAP_OPT_DEREF, &dereferencing)
        guard martlet_ldap_bound_socket(handle) == LDAP_SUCCESS else {
            throw fault(martlet_ldap_result_code(handle), "connection callbacks")
        }
        if scheme == "ldaps" || scheme == "ldap" && configuration.security == .required {
            try setTLSOptions(configuration)
        }
    }

    private func setTLSOptions(
        _ configuration: DirectoryConnectionConfiguration
    ) throws(DirectoryFault) {
        var demand = Int32(
            configuration.verifiesCertificate ? LDAP_OPT_X_TLS_DEMAND : LDAP_OPT_X_TLS_NEVER)
        var minimum = Int32(3 << 8 + 3)
        var forServer: Int32 = 0
        ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand)
        ldap_set_option(handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &minimum)
        if configuration.verifiesCertificate {
            ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, configuration.authorities)
        }
        // Options of a handle count only in a context of its own, made after they are set.
        guard ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &forServer) == LDAP_OPT_SUCCESS else {
            throw DirectoryFault(
                .misconfigured,
                "\(uri): TLS can't be set up; are the certificates in "
                    + "\(configuration.authorities) readable?")
        }
    }
}
