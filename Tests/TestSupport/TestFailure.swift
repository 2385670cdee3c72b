/// What a helper of the tests could not do, in words for whoever reads the test's output.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
