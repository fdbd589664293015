import Access
import Dispatch
import EventLoop
import Foundation
import Store
import TLS

/// Makes and checks passwords' hashes, beside the loop and at most two at a time: each takes 32 MB and a tenth of a
/// second of a core, and screen pops come first.
final class Passwords: Sendable {
    /// Two are enough for 20 sign-ins a second; a shift of a thousand agents has signed in within a minute.
    private static let atATime = 2
    private let queues = (0..<atATime).map {
        DispatchQueue(label: "passwords \($0)", qos: .utility)
    }

    enum Verdict: Sendable {
        case right(Account)
        /// Or the account does not exist, or is disabled: whoever asks is not told which.
        case wrong
        /// The store or the machine refuses; the reason is for the log.
        case failed(String)
    }

    /// Checks a password against the store, off the loop. `turn`: any number, by which the work is spread.
    func check(
        _ password: String, of name: String, in store: Store, turn: UInt64,
        _ completion: @escaping @Sendable @LoopActor (Verdict) -> Void
    ) {
        queues[Int(turn % UInt64(queues.count))].async {
            let verdict = Self.check(password, of: name, in: store)
            EventLoop.post { completion(verdict) }
        }
    }

    private static func check(_ password: String, of name: String, in store: Store) -> Verdict {
        let bytes = bytes(of: password)
        do throws(StoreError) {
            guard let (row, stored) = try store.account(name), let account = Account(row) else {
                Scrypt.spend(on: bytes)
                return .wrong
            }
            guard let isRight = Scrypt.isRight(bytes, stored) else { return .failed("There is no memory for scrypt.") }
            return isRight && !account.isDisabled ? .right(account) : .wrong
        } catch {
            return .failed("\(error)")
        }
    }

    /// Beside the loop.
    func perform(turn: UInt64, _ body: @escaping @Sendable () -> Void) {
        queues[Int(turn % UInt64(queues.count))].async(execute: body)
    }

    /// What is stored of a password; takes a tenth of a second.
    static func text(of password: String) -> String { Scrypt.text(of: bytes(of: password)) }

    /// One password typed on two keyboards may come in two forms of Unicode: NIST SP 800-63B-4 §3.1.1.2.
    private static func bytes(of password: String) -> [UInt8] {
        Array(password.precomposedStringWithCompatibilityMapping.utf8)
    }
}
