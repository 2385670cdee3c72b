/// The replies that never vary.
extension SMTPReply {
    // Success.
    static var ok: SMTPReply { .init(wire: "250 2.0.0 OK\r\n") }
    static var senderAccepted: SMTPReply { .init(wire: "250 2.1.0 Sender OK\r\n") }
    static var recipientAccepted: SMTPReply { .init(wire: "250 2.1.5 Recipient OK\r\n") }
    static var startMessage: SMTPReply {
        .init(wire: "354 End data with <CR><LF>.<CR><LF>\r\n")
    }
    static var goodbye: SMTPReply { .init(wire: "221 2.0.0 Goodbye\r\n") }
    static var readyForTLS: SMTPReply { .init(wire: "220 2.0.0 Ready to start TLS\r\n") }
    static var authenticated: SMTPReply { .init(wire: "235 2.7.0 Authentication successful\r\n") }
    static var help: SMTPReply {
        .init(
            wire: """
                214-2.0.0 Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP\r
                214-2.0.0 VRFY EXPN HELP QUIT STARTTLS AUTH ETRN\r
                214 2.0.0 See RFC 5321\r\n
                """)
    }
    static var retrievalHelp: SMTPReply {
        .init(
            wire: """
                214-2.0.0 Commands: EHLO HELO STARTTLS AUTH ATRN RSET NOOP HELP QUIT\r
                214 2.0.0 See RFC 2645\r\n
                """)
    }
    static var turning: SMTPReply {
        .init(wire: "250 2.0.0 OK now reversing the connection\r\n")
    }
    /// RFC 5321 section 3.5.3: the server will not say.
    package static var cannotVerify: SMTPReply {
        .init(wire: "252 2.5.1 Cannot VRFY user, but will accept message and attempt delivery\r\n")
    }
    package static var cannotExpand: SMTPReply {
        .init(wire: "252 2.5.1 Cannot EXPN list, but will accept message and attempt delivery\r\n")
    }

    // The line is not a command.
    static var lineTooLong: SMTPReply { .init(wire: "500 5.5.2 Line too long\r\n") }
    static var bareLineEnd: SMTPReply {
        .init(wire: "500 5.5.2 Lines must end in <CR><LF>\r\n")
    }
    static var controlCharacter: SMTPReply {
        .init(wire: "500 5.5.2 Control characters are not allowed in commands\r\n")
    }
    static var invalidUTF8: SMTPReply { .init(wire: "500 5.5.2 Invalid UTF-8\r\n") }
    static var unknownCommand: SMTPReply { .init(wire: "500 5.5.1 Command not recognized\r\n") }
    static var notImplemented: SMTPReply { .init(wire: "502 5.5.1 Command not implemented\r\n") }
    static var foreignProtocol: SMTPReply {
        .init(wire: "554 5.5.1 Command not allowed, closing connection\r\n")
    }

    // Its arguments are wrong.
    static var unexpectedArgument: SMTPReply {
        .init(wire: "501 5.5.4 Unexpected argument\r\n")
    }
    static var missingArgument: SMTPReply { .init(wire: "501 5.5.4 Argument required\r\n") }
    static var invalidClientName: SMTPReply {
        .init(wire: "501 5.5.4 A domain name or an address literal is required\r\n")
    }
    static var mailSyntax: SMTPReply { .init(wire: "501 5.5.4 Syntax: MAIL FROM:<address>\r\n") }
    static var rcptSyntax: SMTPReply { .init(wire: "501 5.5.4 Syntax: RCPT TO:<address>\r\n") }
    static var invalidSender: SMTPReply {
        .init(wire: "501 5.1.7 Invalid sender address\r\n")
    }
    static var invalidRecipient: SMTPReply {
        .init(wire: "501 5.1.3 Invalid recipient address\r\n")
    }
    static var missingSenderBrackets: SMTPReply {
        .init(wire: "501 5.1.7 The sender address must be in <angle brackets>\r\n")
    }
    static var missingRecipientBrackets: SMTPReply {
        .init(wire: "501 5.1.3 The recipient address must be in <angle brackets>\r\n")
    }
    /// RFC 6531 section 3.5 has a code for MAIL and one for RCPT.
    static var senderNeedsSMTPUTF8: SMTPReply {
        .init(wire: "550 5.6.7 Addresses outside ASCII need MAIL with SMTPUTF8\r\n")
    }
    static var recipientNeedsSMTPUTF8: SMTPReply {
        .init(wire: "553 5.6.7 Addresses outside ASCII need MAIL with SMTPUTF8\r\n")
    }
    static var invalidParameter: SMTPReply { .init(wire: "501 5.5.4 Invalid parameter\r\n") }
    static var invalidParameterValue: SMTPReply {
        .init(wire: "501 5.5.4 Invalid parameter value\r\n")
    }
    static var duplicateParameter: SMTPReply {
        .init(wire: "501 5.5.4 Parameter given twice, or with one that excludes it\r\n")
    }
    static var unknownParameter: SMTPReply {
        .init(wire: "555 5.5.4 Parameter not recognized\r\n")
    }
    static var heldTooLong: SMTPReply {
        .init(wire: "501 5.5.4 The release is too far in the future\r\n")
    }
    static var releasedTooLate: SMTPReply {
        .init(wire: "501 5.5.4 The release is later than the deadline for delivery\r\n")
    }
    static var unknownQueue: SMTPReply {
        .init(wire: "458 4.3.3 Unable to queue messages: queues have no names here\r\n")
    }
    static var invalidNode: SMTPReply { .init(wire: "501 5.5.4 Invalid domain name\r\n") }
    static var tooManyDomains: SMTPReply { .init(wire: "501 5.5.4 Too many domains\r\n") }
    static var invalidChunkSize: SMTPReply { .init(wire: "501 5.5.4 Syntax: BDAT size [LAST]\r\n") }
    static var invalidMechanismName: SMTPReply {
        .init(wire: "501 5.5.4 Syntax: AUTH mechanism [initial-response]\r\n")
    }

    // Not now.
    static var helloFirst: SMTPReply { .init(wire: "503 5.5.1 Send EHLO or HELO first\r\n") }
    static var nestedMail: SMTPReply { .init(wire: "503 5.5.1 A transaction is in progress\r\n") }
    static var mailFirst: SMTPReply { .init(wire: "503 5.5.1 Send MAIL first\r\n") }
    static var noRecipients: SMTPReply { .init(wire: "554 5.5.1 No valid recipients\r\n") }
    static var chunksBegun: SMTPReply {
        .init(wire: "503 5.5.1 Message has been begun with BDAT\r\n")
    }
    static var earlyMessage: SMTPReply {
        .init(wire: "503 5.5.1 Message sent before the reply to DATA\r\n")
    }
    static var binaryNeedsBDAT: SMTPReply {
        .init(wire: "503 5.5.1 BODY=BINARYMIME needs BDAT\r\n")
    }
    static var chunkOutOfPlace: SMTPReply {
        .init(wire: "503 5.5.1 No transaction for this chunk\r\n")
    }
    static var alreadyEncrypted: SMTPReply { .init(wire: "503 5.5.1 TLS is already active\r\n") }
    static var clearTextAfterStartTLS: SMTPReply {
        .init(wire: "503 5.5.1 STARTTLS must be the last command of a group\r\n")
    }
    static var alreadyAuthenticated: SMTPReply {
        .init(wire: "503 5.5.1 Already authenticated\r\n")
    }
    static var earlyTurn: SMTPReply {
        .init(wire: "503 5.5.1 Command sent before the reply to ATRN\r\n")
    }
    static var talkedBeforeGreeting: SMTPReply {
        .init(wire: "554 5.5.0 Client must wait for the greeting\r\n")
    }

    // Security.
    static var mustStartTLS: SMTPReply {
        .init(wire: "530 5.7.0 Must issue a STARTTLS command first\r\n")
    }
    static var mustAuthenticate: SMTPReply {
        .init(wire: "530 5.7.0 Authentication required\r\n")
    }
    /// RFC 8689 section 3: REQUIRETLS is offered under TLS only.
    static var requiresTLSInClear: SMTPReply {
        .init(wire: "530 5.7.10 REQUIRETLS needs a session with TLS\r\n")
    }
    static var encryptionRequired: SMTPReply {
        .init(wire: "538 5.7.11 Encryption required for the requested mechanism\r\n")
    }
    static var unknownMechanism: SMTPReply {
        .init(wire: "504 5.5.4 Mechanism not supported\r\n")
    }
    static var authenticationCancelled: SMTPReply {
        .init(wire: "501 5.7.0 Authentication cancelled\r\n")
    }
    static var invalidBase64: SMTPReply { .init(wire: "501 5.5.2 Invalid base64\r\n") }
    static var authenticationTooLong: SMTPReply {
        .init(wire: "500 5.5.6 Authentication exchange line is too long\r\n")
    }

    // Too much.
    static var messageTooLarge: SMTPReply {
        .init(wire: "552 5.3.4 Message exceeds the size limit\r\n")
    }
    static var tooManyRecipients: SMTPReply { .init(wire: "452 4.5.3 Too many recipients\r\n") }

    // The content.
    static var bareLineEndInMessage: SMTPReply {
        .init(wire: "550 5.6.11 Message contains a bare CR or LF\r\n")
    }
    static var nulInMessage: SMTPReply {
        .init(wire: "550 5.6.0 Message contains a NUL octet\r\n")
    }
    static var messageLineTooLong: SMTPReply {
        .init(wire: "554 5.6.0 Message contains a line that is too long\r\n")
    }
}
