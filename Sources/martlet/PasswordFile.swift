internal import ArgumentParser
internal import MailServer

/// The first line of what `--password-file` names.
func readPassword(_ file: String) throws -> String {
    do throws(SecretFile.Failure) {
        return try SecretFile.read(file)
    } catch {
        throw ValidationError("--password-file \(file): \(error)")
    }
}
