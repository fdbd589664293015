import Access
import Foundation

/// Reads a password: from a terminal without showing it and twice, or the first line of standard input. It is never an
/// argument, which every user of the machine can read.
enum PasswordPrompt {
    static func read(_ question: String, for account: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            let password = readLine(strippingNewline: true) ?? ""
            return try checked(password, for: account)
        }
        while true {
            let first = try hidden(question)
            if let fault = PasswordRule.fault(of: first, for: account) {
                Console.say("\(fault)", .yellow)
                continue
            }
            if try hidden("Once more: ") == first { return first }
            Console.say("The two differ: type it again.", .yellow)
        }
    }

    private static func checked(_ password: String, for account: String) throws -> String {
        if let fault = PasswordRule.fault(of: password, for: account) {
            throw misuse("The password on standard input was not taken. \(fault)")
        }
        return password
    }

    private static func hidden(_ question: String) throws -> String {
        var terminal = termios()
        guard tcgetattr(STDIN_FILENO, &terminal) == 0 else {
            throw misuse(
                "The terminal does not say whether it shows what is typed: give the password on standard input.")
        }
        var silent = terminal
        silent.c_lflag &= ~tcflag_t(ECHO)
        Console.write(question, to: STDERR_FILENO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal)
            Console.write("\n", to: STDERR_FILENO)
        }
        guard let line = readLine(strippingNewline: true) else {
            throw misuse("No password came from the terminal. Nothing was changed.")
        }
        return line
    }
}
