import ArgumentParser

/// Says what is wrong and ends with status 1: the errors of our modules are sentences already.
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

/// What was asked for makes no sense: says why; status 64 (EX_USAGE).
func misuse(_ text: String) -> ExitCode {
    Console.say(text, .red)
    return ExitCode.validationFailure
}

/// The configuration, or every fault of it with its line, and status 1.
func readConfiguration(_ path: String) throws -> ProgramConfiguration {
    do {
        return try ProgramConfiguration.load(path)
    } catch {
        throw refused(path, error.list)
    }
}

/// Says every fault with its line; status 1.
func refused(_ path: String, _ faults: [ConfigurationReader.Fault]) -> ExitCode {
    for fault in faults { Console.say("\(path):\(fault)") }
    Console.say("\(faults.count == 1 ? "1 problem" : "\(faults.count) problems"). Nothing was started.", .red)
    return ExitCode.failure
}
