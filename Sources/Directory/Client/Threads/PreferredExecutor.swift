/// What the current task prefers to run on: the executor for a task that others wait for too, so that
/// it goes on where its first waiter does, not on a thread in between.
package func preferredTaskExecutor() -> (any TaskExecutor)? {
    withUnsafeCurrentTask { $0?.unownedTaskExecutor?.asTaskExecutor() }
}
