import ArgumentParser

/// Prints what is wrong and ends with status 1. The errors of our modules are already sentences.
func orExit<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as ExitCode {
        throw error
    } catch {
        Console.say("\(error)", .red)
        throw ExitCode.failure
    }
}

/// Prints why the request makes no sense; status 64 (EX_USAGE).
func misuse(_ text: String) -> ExitCode {
    Console.say(text, .red)
    return ExitCode.validationFailure
}

/// The configuration; or status 1, after printing every fault with its line. `consequence`: what the command did not do
/// for that, as a sentence.
func readConfiguration(_ path: String, consequence: String? = nil) throws -> ProgramConfiguration {
    do {
        return try ProgramConfiguration.load(path)
    } catch {
        throw refused(path, error.list, consequence: consequence)
    }
}

/// Prints every fault with its line; status 1.
func refused(_ path: String, _ faults: [ConfigurationReader.Fault], consequence: String? = nil) -> ExitCode {
    for fault in faults { Console.say("\(path):\(fault)") }
    let sentences = [faults.count == 1 ? "1 problem." : "\(faults.count) problems.", consequence]
    Console.say(sentences.compactMap { $0 }.joined(separator: " "), .red)
    return ExitCode.failure
}
