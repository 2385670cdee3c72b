import Directory

/// Decides which identity an authenticated client acts as (RFC 4422 section 3.4.1).
struct Authorizer: Sendable {
    let directory: any AuthenticationDirectory

    /// `authorizationID` is nil or empty for the client's own identity. A target that does not
    /// exist and one that is not granted are refused alike.
    func authorize(
        _ actor: Account, login: String, as authorizationID: String?
    ) async -> AuthenticationOutcome {
        guard let name = authorizationID, !name.isEmpty, name != login, !actor.isNamed(name) else {
            return .success(actor, authenticatedBy: login)
        }
        guard let name = LoginName.prepared(name) else {
            return denied("\(login) asked to act as a name that SASLprep refuses, or a blank or long one")
        }
        switch await directory.account(login: name) {
        case .found(let target) where target.id == actor.id:
            return .success(actor, authenticatedBy: login)
        case .found(let target):
            return await authorize(actor, login: login, as: target)
        case .notFound:
            return denied("\(login) asked to act as an unknown login")
        case .unavailable(let fault):
            return .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        }
    }

    private func authorize(
        _ actor: Account, login: String, as target: Account
    ) async -> AuthenticationOutcome {
        switch await directory.mayAct(as: target, by: actor) {
        case .found(true) where target.mayLogIn:
            .success(target, authenticatedBy: login)
        case .found, .notFound:
            denied("\(actor.dn) may not act as \(target.dn)")
        case .unavailable(let fault):
            .failure(AuthenticationFailure(.unavailable, cause: fault.cause))
        }
    }

    private func denied(_ cause: String) -> AuthenticationOutcome {
        .failure(AuthenticationFailure(.notAuthorized, cause: cause))
    }
}
