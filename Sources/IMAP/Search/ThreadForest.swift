package import NIOCore

/// Messages as trees. Nodes are numbers from 0; a node without a message stands for one that is not
/// there, and occurs only as a root with several children.
package struct ThreadForest: Sendable {
    /// The message's number; nil for one that is not there.
    package var numbers: [UInt32?]
    package var children: [[Int]]
    package var roots: [Int]

    package init(numbers: [UInt32?] = [], children: [[Int]] = [], roots: [Int] = []) {
        self.numbers = numbers
        self.children = children
        self.roots = roots
    }

    mutating func addNode(_ number: UInt32?, children: [Int] = []) -> Int {
        numbers.append(number)
        self.children.append(children)
        return numbers.count - 1
    }

    /// ```
    /// thread-data    = "THREAD" [SP 1*thread-list]
    /// thread-list    = "(" (thread-members / thread-nested) ")"
    /// thread-members = nz-number *(SP nz-number) [SP thread-nested]
    /// thread-nested  = 2*thread-list
    /// ```
    /// Trees may be as deep as there are messages: no recursion.
    package func write(to buffer: inout ByteBuffer) {
        enum Step { case open(Int), node(Int, first: Bool), close }
        buffer.writeStaticString("* THREAD")
        if !roots.isEmpty { buffer.writeStaticString(" ") }
        var steps: [Step] = roots.reversed().map { .open($0) }
        while let step = steps.popLast() {
            switch step {
            case .close: buffer.writeStaticString(")")
            case .open(let node):
                buffer.writeStaticString("(")
                steps.append(.close)
                steps.append(.node(node, first: true))
            case .node(let node, let first):
                if let number = numbers[node] {
                    if !first { buffer.writeStaticString(" ") }
                    buffer.writeIMAPNumber(number)
                }
                let children = children[node]
                if children.count == 1 {
                    steps.append(.node(children[0], first: false))
                } else if children.count > 1 {
                    if numbers[node] != nil { buffer.writeStaticString(" ") }
                    for child in children.reversed() { steps.append(.open(child)) }
                }
            }
        }
        buffer.writeStaticString("\r\n")
    }
}
