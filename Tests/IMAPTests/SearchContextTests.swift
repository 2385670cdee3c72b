import IMAP
import NIOCore
import Testing

@Suite struct SearchContextTests {
    /// A client that does with updates what RFC 5267 sections 4.3.3 and 4.3.4 say.
    private func apply(_ update: ContextUpdate, to results: [UInt32]) -> [UInt32] {
        var results = results
        for change in update.removed {
            if change.position == 0 {
                results.removeAll { $0 == change.value }
            } else {
                #expect(results[change.position - 1] == change.value)
                results.remove(at: change.position - 1)
            }
        }
        for change in update.added {
            if change.position == 0 {
                results.append(change.value)
                results.sort()
            } else {
                results.insert(change.value, at: change.position - 1)
            }
        }
        return results
    }

    @Test(arguments: 0..<200, [true, false]) func clientsKeepUp(seed: Int, isOrdered: Bool) {
        var dice = GrammarDice(seed: UInt64(seed))
        // A sort has some order in which all messages stand.
        var order = (1...40).map { UInt32($0) }
        if isOrdered { order.shuffle(using: &dice) }
        let old = order.filter { _ in Bool.random(using: &dice) }
        let new = order.filter { _ in Bool.random(using: &dice) }
        let update = ContextUpdate(from: old, to: new, isOrdered: isOrdered) { $0 }
        #expect(apply(update, to: old) == new)
        #expect(update.isEmpty == (old == new))
    }

    @Test func wire() {
        func text(_ old: [UInt32], _ new: [UInt32], _ isOrdered: Bool) -> String {
            var buffer = ByteBuffer()
            ContextUpdate(from: old, to: new, isOrdered: isOrdered) { $0 }
                .write(tag: "B1", isUID: true, to: &buffer)
            return String(buffer: buffer)
        }
        #expect(text([1], [1], false) == "")
        #expect(
            text([5], [5, 32768, 32769], false)
                == "* ESEARCH (TAG \"B1\") UID ADDTO (0 32768:32769)\r\n")
        #expect(
            text([1, 2, 3], [], false) == "* ESEARCH (TAG \"B1\") UID REMOVEFROM (0 1:3)\r\n")
        // RFC 5267 section 4.3.3: 2731:2735 becomes of 2734:2735.
        #expect(
            text([2734, 2735], [2731, 2732, 2733, 2734, 2735], true)
                == "* ESEARCH (TAG \"B1\") UID ADDTO (1 2731:2733)\r\n")
        #expect(
            text([9, 7, 5], [8, 7, 6], true)
                == "* ESEARCH (TAG \"B1\") UID REMOVEFROM (1 9 2 5) ADDTO (1 8 3 6)\r\n")
    }
}
