import ArgumentParser

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Follow queues and agents in the terminal.")
    func run() throws {}
}
