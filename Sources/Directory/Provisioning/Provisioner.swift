/// Loads LDIF into the directory, after checking it.
package struct Provisioner: Sendable {
    /// What was loaded and what was not.
    package struct Report: Sendable, Codable {
        package var records = 0
        package var loaded = 0
        /// Already there, and left as they are (`skippingExisting`).
        package var skipped = 0
        /// The last record that the directory took.
        package var lastLoaded: String?
        /// What was found before anything was written, or the record at which loading stopped.
        package var problems: [ProvisioningProblem] = []
        /// Why object classes and attributes were not held against the directory's schema; nil: they were.
        package var schemaUnread: String?
        /// The directory did not answer for this record: it may have been made or not.
        package var unknown: String?
        package var notAttempted: Int { records - loaded - skipped - (stoppedAt == nil ? 0 : 1) }
        package var stoppedAt: String?

        package init() {}
    }

    /// How far the work is: a phase, records done, and how many there are if that is known.
    package typealias Progress = @Sendable (_ phase: String, _ done: Int, _ of: Int?) -> Void

    private let client: DirectoryClient
    private let base: String
    private let map: AttributeMap
    private let progress: Progress

    package init(
        client: DirectoryClient, base: String, map: AttributeMap, progress: @escaping Progress
    ) {
        self.client = client
        self.base = base
        self.map = map
        self.progress = progress
    }

    /// Reads all records and asks the directory what it has already; writes nothing.
    /// - Throws: `DirectoryFault` when the directory does not answer.
    package func check(files: [String], skippingExisting: Bool) async throws -> Report {
        var report = Report()
        var review = ProvisioningReview(map: map, schema: try await schema(&report))
        for path in files {
            do throws(ProvisioningProblem) {
                var file = try LDIFFile(path)
                while let record = next(&file, &review) {
                    report.records += 1
                    if report.records % 1000 == 0 { progress("reading", report.records, nil) }
                    review.add(record)
                }
            } catch {
                review.report(error)
            }
        }
        try await DirectoryComparison(client: client, base: base, map: map, progress: progress)
            .compare(&review, skippingExisting: skippingExisting)
        report.problems = review.problems.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
        return report
    }

    private func schema(_ report: inout Report) async throws(DirectoryFault) -> DirectorySchema? {
        let (name, entry) = try await Subschema.read(client)
        let schema = entry.flatMap { DirectorySchema($0) }
        if schema == nil { report.schemaUnread = "\(name) is not readable" }
        return schema
    }

    /// Loads files that `check` has found good, up to the first record that the directory refuses.
    package func load(files: [String], skippingExisting: Bool, into report: inout Report) async {
        for path in files {
            do throws(ProvisioningProblem) {
                var file = try LDIFFile(path)
                while let record = try file.next() {
                    guard await load(record, skippingExisting: skippingExisting, into: &report)
                    else { return }
                }
            } catch {
                // Read well a moment ago: it has changed meanwhile.
                report.stoppedAt = "\(error.file):\(error.line)"
                report.problems.append(error)
                return
            }
        }
    }

    /// The next record that can be read; what can't is reported.
    private func next(_ file: inout LDIFFile, _ review: inout ProvisioningReview) -> ProvisioningRecord? {
        while true {
            do throws(ProvisioningProblem) {
                return try file.next()
            } catch {
                review.report(error)
            }
        }
    }

    /// Makes one change. False when loading must stop here; the report says why.
    private func load(
        _ record: ProvisioningRecord, skippingExisting: Bool, into report: inout Report
    ) async -> Bool {
        let outcome = await client.apply(
            skippingExisting ? record.change.permissive : record.change)
        switch outcome {
        case .done:
            report.loaded += 1
            report.lastLoaded = "\(record.place) \(record.change.dn)"
            if report.loaded % 100 == 0 { progress("loading", report.loaded, report.records) }
            return true
        case .alreadyExists where skippingExisting:
            report.skipped += 1
            return true
        case .alreadyExists: stop(record, "exists already", &report)
        case .noSuchObject(let text): stop(record, "no such entry or parent: \(text)", &report)
        case .refused(let code, let text):
            // RFC 4511 appendix A: insufficientAccessRights.
            let advice = code == 50 ? "; --bind-dn names an entry that may write" : ""
            stop(record, "refused: \(text)\(advice)", &report)
        case .notSent(let fault): stop(record, "not sent: \(fault)", &report)
        case .unknown(let fault):
            report.unknown = "\(record.place) \(record.change.dn)"
            stop(record, "no answer, it may have been made or not: \(fault)", &report)
        }
        return false
    }

    private func stop(_ record: ProvisioningRecord, _ text: String, _ report: inout Report) {
        report.stoppedAt = "\(record.place) \(record.change.dn)"
        report.problems.append(ProvisioningProblem(record, text))
    }
}
