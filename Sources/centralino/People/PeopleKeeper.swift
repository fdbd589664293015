import Access
import Core
import Dispatch
import Edges
import EventLoop
import Foundation
import Store
import TLS
import Telephony
import Time

/// The gateway's people in the world: reads accounts and tokens from the store, has passwords checked, and writes
/// sessions and the audit.
@LoopActor
final class PeopleKeeper {
    private let store: Store
    private let passwords = Passwords()
    private let writer: AuditWriter
    private let reading = DispatchQueue(label: "accounts", qos: .utility)
    private let keepMonths: Int
    private var version: Int64 = -1
    private var turn: UInt64 = 0
    /// Passwords that are being checked, and reads under way.
    private var underWay = 0
    private var isStopping = false
    /// While there is no account: its text is for the log, its digest for the gateway.
    private var first: (text: String, code: People.FirstCode)?
    private let stored: Store.StoredAccess
    /// The store failed when it was asked for changes; said once.
    private var hasSaidFailure = false

    var onInput: (@LoopActor (AccessInput) -> Void)?
    var onIdle: (@LoopActor () -> Void)? {
        didSet { writer.onIdle = { [unowned self] in if isIdle { onIdle?() } } }
    }
    var isIdle: Bool { underWay == 0 && writer.isIdle }

    /// A change by a command is seen within this time: one read of one number.
    private static let lookMicroseconds: Int64 = 5_000_000
    private lazy var look = Timer { [unowned self] in lookForChanges() }
    private static let retentionMicroseconds: Int64 = 24 * 3_600_000_000
    private lazy var retention = Timer { [unowned self] in shortenAudit() }

    init(_ store: Store, keepMonths: Int, legalBasis: LegalBasis?, offersFirstAccount: Bool) throws(StoreError) {
        self.store = store
        self.keepMonths = keepMonths
        stored = try store.access()
        writer = AuditWriter(store)
        if offersFirstAccount, stored.accounts.isEmpty {
            let text = Base64URL.text(OpenSSL.randomBytes(People.FirstCode.randomBytes))
            first = (
                text,
                .init(
                    digest: OpenSSL.sha256(Array(text.utf8)), expires: Self.now + People.FirstCode.lasts)
            )
        }
        try enterLegalBasis(legalBasis)
        let last = try store.lastOfAudit()
        if last.id > 0 { Log.write(.info, "audit", "Its last entry at the start is \(last.id) \(last.digest).") }
    }

    /// Once, when the gateway has started.
    func start() {
        version = stored.version
        onInput?(.people(People(stored, firstCode: first?.code)))
        onInput?(.restored(stored.sessions.map(SignInSession.init)))
        look.start(afterMicroseconds: Self.lookMicroseconds)
        shortenAudit()
    }

    /// Where the operator looks at a start, with the remedy beside it.
    func sayFirstCode(at page: String) {
        guard let first else { return }
        Log.write(
            .info, "sign-in",
            "There is no account yet. An administrator's is made at \(page) with this code, once and until \(first.code.expires): \(first.text) (or by: centralino user add NAME --role administrator)."
        )
    }

    private static var now: UnixTime { UnixTime(microseconds: EventLoop.dateMicroseconds) }

    // MARK: effects

    func perform(_ effect: AccessEffect) {
        switch effect {
        case .audit(let entry): writer.append(entry)
        case .save(let session): writer.append(.save(SessionRow(session)))
        case .end(let digest): writer.append(.delete(digest))
        case .check(let id, let name, let password):
            turn += 1
            underWay += 1
            passwords.check(password.value, of: name, in: store, turn: turn) { [self] verdict in
                underWay -= 1
                let check: PasswordCheck =
                    switch verdict {
                    case .right(let account):
                        .right(account, random: OpenSSL.randomBytes(SignInSession.randomBytes))
                    case .wrong: .wrong
                    case .failed(let reason): failed(reason)
                    }
                answer(id, check)
            }
        case .makeFirst(let id, let name, let password): makeFirst(id, name, password.value)
        }
    }

    private func answer(_ id: ConnectionID, _ check: PasswordCheck) {
        if isStopping {
            if isIdle { onIdle?() }
        } else {
            onInput?(.checked(id, check))
        }
    }

    private func failed(_ reason: String) -> PasswordCheck {
        Log.write(.error, "sign-in", "A password could not be checked. \(reason)")
        return .failed
    }

    /// The store decides whether it is the first: two may ask at once, and a command may have made one meanwhile.
    private func makeFirst(_ id: ConnectionID, _ name: String, _ password: String) {
        let now = Self.now
        let account = Account(name: name, role: .administrator, changed: now)
        let entry = AuditEntry(
            at: now, .accountMade, who: "first code", what: "account \(name)", why: "administrator everything")
        turn += 1
        underWay += 1
        passwords.perform(turn: turn) { [store] in
            let text = Passwords.text(of: password)
            let result = Result {
                try store.change(
                    .addFirstAccount(AccountRow(account), password: text), at: now.microseconds,
                    audit: [NewAuditRow(entry)], digest: OpenSSL.sha256)
            }
            EventLoop.post { [self] in
                underWay -= 1
                switch result {
                case .success(true):
                    first = nil
                    Log.write(.info, "sign-in", "The first account was made: “\(name)”, an administrator's.")
                    answer(id, .right(account, random: OpenSSL.randomBytes(SignInSession.randomBytes)))
                case .success(false): answer(id, .notFirst)
                case .failure(let error): answer(id, failed("\(error)"))
                }
            }
        }
    }

    // MARK: changes by others

    private func lookForChanges() {
        underWay += 1
        reading.async { [store, version] in
            let result = Result { () throws(StoreError) -> Store.StoredAccess? in
                try store.accessVersion() == version ? nil : try store.access()
            }
            EventLoop.post { [self] in
                underWay -= 1
                guard !isStopping else {
                    if isIdle { onIdle?() }
                    return
                }
                switch result {
                case .success(let access?):
                    self.version = access.version
                    if !access.accounts.isEmpty { first = nil }
                    onInput?(.people(People(access, firstCode: first?.code)))
                    hasSaidFailure = false
                case .success(nil): hasSaidFailure = false
                case .failure(let error):
                    if !hasSaidFailure {
                        Log.write(
                            .error, "sign-in",
                            "Accounts and tokens could not be read: those of before stay valid until they can. \(error)"
                        )
                    }
                    hasSaidFailure = true
                }
                look.start(afterMicroseconds: Self.lookMicroseconds)
            }
        }
    }

    // MARK: the audit

    /// Where it differs from what was entered last.
    private func enterLegalBasis(_ basis: LegalBasis?) throws(StoreError) {
        let words = basis.map { "\($0.reference) of \($0.date)" } ?? "none"
        let entry = AuditEntry(
            at: Self.now, .legalBasis, who: "configuration", what: "figures of single agents", why: words)
        let last = try store.lastOfAudit(kind: AuditEntry.Kind.legalBasis.rawValue).flatMap {
            AuditDocument(reading: $0)?.why
        }
        guard (last ?? "none") != entry.why else { return }
        try store.audit([NewAuditRow(entry)], digest: OpenSSL.sha256)
    }

    private func shortenAudit() {
        guard !isStopping else { return }
        retention.start(afterMicroseconds: Self.retentionMicroseconds)
        let now = Self.now
        // Months of 30.44 days.
        let before = now + .seconds(-Int64(keepMonths) * 2_629_746)
        underWay += 1
        reading.async { [store] in
            let result = Result { () throws(StoreError) in
                try store.shortenAudit(
                    before: before.microseconds,
                    entry: {
                        NewAuditRow(
                            AuditEntry(
                                at: now, .shortened, who: "gateway", what: "\($0) entries",
                                why: "older than \(before) ([audit] keep_months)"))
                    }, digest: OpenSSL.sha256)
            }
            EventLoop.post { [self] in
                underWay -= 1
                switch result {
                case .success(0): break
                case .success(let count):
                    Log.write(.info, "audit", "\(count) entries older than \(before) were deleted.")
                case .failure(let error): Log.write(.error, "audit", "Old entries could not be deleted. \(error)")
                }
                if isStopping, isIdle { onIdle?() }
            }
        }
    }

    // MARK: the end

    func stop() {
        isStopping = true
        look.cancel()
        retention.cancel()
        writer.stop()
    }
}
