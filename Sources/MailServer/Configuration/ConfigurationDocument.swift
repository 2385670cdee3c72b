internal import Yams

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

internal import struct Foundation.Data
internal import struct Foundation.URL

/// A YAML configuration file while it is being read: gathers every problem, so that an
/// administrator mends them all in one go.
final class ConfigurationDocument {
    /// Largest file that is read, in octets.
    static let maximumSize = 1 << 20

    let file: String
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String) { self.file = file }

    /// Reads the file. Nil (and a problem) when it can't be read or is not YAML.
    func load() -> ConfigurationSection? {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: file))
        } catch {
            report(nil, key: "the file", value: nil, unreadable)
            return nil
        }
        guard data.count <= Self.maximumSize else {
            report(nil, key: "the file", value: nil, "is larger than 1 MiB")
            return nil
        }
        return parse(String(decoding: data, as: UTF8.self))
    }

    func parse(_ text: String) -> ConfigurationSection? {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                report(nil, key: "the file", value: nil, "is empty")
                return nil
            }
            guard let mapping = node.mapping else {
                report(node.mark, key: "the file", value: nil, "must be a mapping of sections")
                return nil
            }
            return ConfigurationSection(document: self, path: "", mapping: mapping, mark: node.mark)
        } catch let error as YamlError {
            report(error, in: text)
        } catch {
            report(nil, key: "the file", value: nil, "is not YAML: \(error)")
        }
        return nil
    }

    /// Foundation's words for it would not say what to do.
    private var unreadable: String {
        guard access(file, R_OK) != 0 else { return "can't be read: is it a file?" }
        return errno == ENOENT
            ? "does not exist; name it with --config"
            : "can't be read: \(String(cString: strerror(errno)))"
    }

    func report(_ mark: Mark?, key: String, value: String?, _ expected: String) {
        report(line: mark?.line, key: key, value: value, expected)
    }

    /// - Parameter line: from 1.
    func report(line: Int?, key: String, value: String? = nil, _ expected: String) {
        problems.append(
            ConfigurationProblem(
                file: file, line: line, key: key, value: value, expected: expected))
    }
}
