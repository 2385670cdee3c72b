internal import MailModel
internal import MailboxStore
internal import NIOCore
internal import Storage

/// FETCH responses that need nothing but the mailbox's state: numbers and flags.
struct FetchRows {
    enum Item { case uid, flags, modSequence }

    let items: [Item]
    /// RFC 9586: the response is UIDFETCH, its number the UID.
    let isUIDOnly: Bool
    var texts: FetchFlagTexts

    init(_ items: [Item], isUIDOnly: Bool, keywords: KeywordTable, recent: UIDSet) {
        self.items = items
        self.isUIDOnly = isUIDOnly
        texts = FetchFlagTexts(keywords, recent: recent)
    }

    /// Octets that `write` needs at most for one message.
    var maximumLength: Int {
        // "* 4294967295 UIDFETCH ()" and its line's end, then names and 20 digits.
        32 + items.count * 32 + (items.contains(.flags) ? texts.maximumLength : 0)
    }

    /// - Parameter number: the sequence number, or the UID.
    func write(number: UInt32, _ message: FlaggedMessage, _ octets: inout FetchOctets) {
        octets.write("* ")
        octets.write(number: UInt64(number))
        octets.write(isUIDOnly ? " UIDFETCH (" : " FETCH (")
        writeItems(message, &octets)
        octets.write(")\r\n")
    }

    func isPrepared(for state: LiveState) -> Bool {
        !items.contains(.flags) || state.keywordSets.allSatisfy(texts.isPrepared)
    }

    /// All of these messages that the mailbox has.
    /// - Parameter numbers: UIDs by sequence number.
    /// - Returns: how many do not exist any more.
    func write(
        _ uids: ArraySlice<UInt32>, _ state: LiveState, numbers: [UInt32],
        _ octets: inout FetchOctets
    ) -> Int {
        var missing = 0
        // The next message is mostly the next one in both.
        var (place, index) = (0, 0)
        for uid in uids {
            if index >= state.uids.count || state.uids[index] != uid {
                index = state.position(of: uid)
            }
            if place >= numbers.count || numbers[place] != uid { place = numbers.position(of: uid) }
            if index < state.uids.count, state.uids[index] == uid {
                write(
                    number: isUIDOnly ? uid : UInt32(place + 1),
                    FlaggedMessage(
                        uid: uid, flags: state.flags[index], modSequence: state.modSequences[index]),
                    &octets)
                index += 1
            } else {
                missing += 1
            }
            place += 1
        }
        return missing
    }

    private func writeItems(_ message: FlaggedMessage, _ octets: inout FetchOctets) {
        var isFirst = true
        for item in items {
            if !isFirst { octets.write(UInt8(ascii: " ")) }
            isFirst = false
            switch item {
            case .uid:
                octets.write("UID ")
                octets.write(number: UInt64(message.uid))
            case .flags:
                octets.write("FLAGS ")
                texts.write(message, &octets)
            case .modSequence:
                octets.write("MODSEQ (")
                octets.write(number: message.modSequence)
                octets.write(UInt8(ascii: ")"))
            }
        }
    }

    /// The items alone, within a longer response.
    func writeItems(_ message: FlaggedMessage, to output: inout ByteBuffer) {
        output.writeOctets(atMost: maximumLength) { writeItems(message, &$0) }
    }
}

extension ByteBuffer {
    mutating func writeOctets(atMost count: Int, _ body: (inout FetchOctets) -> Void) {
        writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            guard let start = memory.bindMemory(to: UInt8.self).baseAddress else { return 0 }
            var octets = FetchOctets(start)
            body(&octets)
            return octets.end - start
        }
    }
}
