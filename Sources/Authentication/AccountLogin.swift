package import Directory
import MailModel

extension Account {
    /// On hold, mail waits to come in; what is there can be read.
    var mayLogIn: Bool { status == .active || status == .hold }

    /// `service` is a GSSAPI name.
    func allows(service: String) -> Bool {
        switch service {
        case "smtp": allows(.smtp)
        case "pop": allows(.pop3)
        case "imap": allows(.imap)
        default: false
        }
    }

    /// Whether a name that a client typed is this account: its uid or one of its addresses.
    package func isNamed(_ name: String) -> Bool {
        let name = name.lowercased()
        return login.lowercased() == name
            || primaryAddress.description.lowercased() == name
            || addresses.contains { $0.description.lowercased() == name }
    }
}
