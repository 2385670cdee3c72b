package import MailModel

/// Why a message can't be made 7 bit.
package enum ConversionFailure: Error, Sendable, Equatable {
    /// It has octets beyond ASCII where nothing may be changed: in a multipart/signed or
    /// multipart/encrypted (RFC 1847 section 2.1), or in a message/partial or
    /// message/external-body (RFC 2046 section 5.2).
    case protected
    /// It has octets beyond ASCII in what is no MIME that could be followed.
    case tooComplex

    /// RFC 3463 X.6.3: conversion required but not supported.
    package var error: MailError {
        switch self {
        case .protected:
            MailError(
                554, .init(5, 6, 3),
                "The receiving host takes 7-bit mail only, and the message is signed or encrypted")
        case .tooComplex:
            MailError(
                554, .init(5, 6, 3),
                "The receiving host takes 7-bit mail only, and the message can't be converted")
        }
    }
}
