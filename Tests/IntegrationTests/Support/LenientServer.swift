import Glibc
import TestSupport

/// One server with every exception that a configuration can make.
enum LenientServer {
    static let shared: Result<RunningMartlet, any Error> = Result {
        var options = RunningMartlet.Options(sections: """
            authentication: {maximum_delay: 5ms}
            smtp: {bare_line_ends: normalise, greet_delay: 1s}
            limits: {sessions_per_address: 1000}
            """)
        options.moreListeners = """
              lenient: {service: mx, address: 127.0.0.1, port: 0}
              relay: {service: mx, address: 127.0.0.1, port: 0, relay_networks: [127.9.9.0/24, "::1"]}
              clear: {service: submission, address: 127.0.0.1, port: 0, login_without_tls: true}
              anybody: {service: submission, address: 127.0.0.1, port: 0, any_sender: true}
              pop3-clear: {service: pop3, address: 127.0.0.1, port: 0, login_without_tls: true}
            """
        return try RunningMartlet(options, endsWithProcess: true)
    }
}
