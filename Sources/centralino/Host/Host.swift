import Dispatch
import EventLoop
import Core
import Edges
import Gateway
import TLS
import Telephony
import Time
import Wire

/// The only place where the pure gateway meets the real world: stamps one ``Moment`` on each input from the loop,
/// passes it to the gateway, and carries out the effects.
@LoopActor
final class Host {
    private(set) var gateway: Gateway
    private let directory: DirectoryService
    let writer: RecordWriter?
    let journal: JournalKeeper?
    let deliveries: Deliveries?
    let people: PeopleKeeper?
    private let checkpoints: CheckpointWriter?
    private let retention: Retention?
    /// Makes uptime continue where the earlier run ended, plus the time that has passed since.
    private let clockShift: Span
    /// Until the gateway has gone on with what was recovered, and its first turn is over.
    private var attempt: RecoveryAttempt?
    /// The zone of the gateway's days.
    private let zone: TimeZoneRule
    /// What others can see, held until the journal has its cause.
    private var held = HeldEffects()
    /// Records whose saving was ordered.
    private var savesOrdered: UInt64 = 0
    private(set) var connections: [ConnectionID: TCPConnection] = [:]
    /// Connections that were refused for want of file descriptors.
    private(set) var connectionsRefused = 0
    /// Those of `connections` that were closed to make room, and whose end has not come yet.
    private var leaving: Set<ConnectionID> = []
    /// The port to which each client connected.
    private var ports: [ConnectionID: ClientPort] = [:]
    private var nextRefusalLine: Int64 = 0
    /// Those of `connections` that speak TLS.
    private var secured: [ConnectionID: SecuredConnection] = [:]
    /// Accepted connections of which the gateway does not know yet, because their handshake is not over.
    private var handshakes = PendingHandshakes()
    private let handshakeTurns = HandshakeTurns()
    private(set) var handshakesFailed = 0
    private var nextHandshakeLine: Int64 = 0
    let certificates: ListenerCertificates
    private var pending: [ConnectionID: PendingConnection] = [:]
    private var listeners: [ClientPort: TCPListener] = [:]
    private var nextAccepted: UInt64 = 1
    private var effects: [Effect] = []
    private lazy var timer = Timer { [unowned self] in handle(.deadlineReached) }
    /// Accepted connections whose peers read too slowly, and how many bytes waited when they were last looked at.
    private var congestion: [ConnectionID: Int] = [:]
    private lazy var congestionTimer = Timer { [unowned self] in watchCongestion() }
    private let lookingBack = DispatchQueue(label: "time travel", qos: .utility)
    /// The reading of the journal that is under way.
    private var lookUnderWay: (id: ConnectionID, isWanted: Wanted)?
    /// It begins when the journal has this many entries.
    private var heldLook: (read: @LoopActor () -> Void, after: Int)?
    private let answeringQueue = DispatchQueue(label: "figures", qos: .utility)
    private static let congestionMicroseconds: Int64 = 5_000_000
    private(set) var loopLag = LoopLag()
    private lazy var reportTimer = Timer { [unowned self] in
        loopLag.fired(at: EventLoop.uptimeMicroseconds)
        loopLag.noteTurn(Span(microseconds: EventLoop.takeLongestTurnMicroseconds()))
        tellReport()
    }
    /// nil: nothing is kept on a disk.
    var disks: DiskSpace?
    private var isStopping = false
    private var onStopped: (@LoopActor () -> Void)?

    /// `recovered`: the earlier run that the gateway goes on from.
    init(
        _ gateway: Gateway, recovered: Recovery? = nil, directory: DirectoryService, writer: RecordWriter?,
        journal: JournalKeeper?,
        checkpoints: CheckpointWriter? = nil, deliveries: Deliveries?, people: PeopleKeeper? = nil,
        zone: TimeZoneRule, certificates: ListenerCertificates, retention: Retention? = nil
    ) {
        self.people = people
        self.certificates = certificates
        self.zone = zone
        self.retention = retention
        self.gateway = gateway
        let now = Moment.now
        clockShift = recovered.map { $0.resumedUptime(at: now.date) - now.uptime } ?? .zero
        attempt = recovered?.attempt
        self.directory = directory
        self.writer = writer
        self.journal = journal
        self.checkpoints = checkpoints
        self.deliveries = deliveries
        savesOrdered = writer?.ordered ?? 0
        people?.onInput = { [unowned self] input in handle(.edge(.access(input))) }
        people?.onIdle = { [unowned self] in if isStopping { finishIfDone() } }
        journal?.onFlushed = { [unowned self] in release() }
        if let checkpoints {
            journal?.onSegment = { [unowned self] segment, core in
                checkpoints.take(core, beside: segment, saves: savesOrdered)
                checkpoints.settled(writer?.settled ?? savesOrdered)
            }
            journal?.checkpoint = { checkpoints.newest }
            writer?.onSettled = { checkpoints.settled(writer?.settled ?? 0) }
            checkpoints.onIdle = { [unowned self] in if isStopping { finishIfDone() } }
        }
    }

    private var now: Moment {
        let now = Moment.now
        return Moment(uptime: now.uptime + clockShift, date: now.date)
    }

    /// Opens the listeners and begins; throws when a port is taken.
    func start() throws(EventLoopError) {
        var failure: EventLoopError?
        perform(.started) {
            failure = failure ?? $0
            // The listeners come first: a start that is refused connects to no switch.
            isStopping = true
        }
        if let failure {
            // A port that is taken says nothing against the journal.
            attempt = nil
            throw failure
        }
        people?.start()
        certificates.warn(at: now.date)
        tellReport()
        retention?.start()
        EventLoop.post { [self] in endAttempt() }
    }

    private func endAttempt() {
        attempt?.succeeded()
        attempt = nil
    }

    private func tellReport() {
        Log.flush()
        if isStopping { return }
        certificates.warn(at: now.date)
        handle(.hostReport(report()))
        loopLag.started(at: EventLoop.uptimeMicroseconds)
        reportTimer.start(afterMicroseconds: LoopLag.intervalMicroseconds)
    }

    /// The port that is really listened on: another than configured if 0 was.
    func port(_ port: ClientPort) -> Int? { listeners[port]?.port }

    /// Closes everything in good order, waits for what is on its way to the disk, then calls `completion`.
    func stop(_ completion: @escaping @LoopActor () -> Void) {
        guard !isStopping else { return }
        isStopping = true
        endAttempt()
        // A deadline that comes now would connect to the switches again, and the program would never end.
        timer.cancel()
        congestionTimer.cancel()
        reportTimer.cancel()
        retention?.stop()
        onStopped = completion
        for listener in listeners.values { listener.close() }
        listeners = [:]
        // What is open stays open: a start finds it in the journal, and reads no more of it than the end.
        journal?.beginSegment()
        handle(.stopRequested(keepingCalls: journal != nil))
        // Clients that are still connected, e.g. a reader of lines: the end must not wait until all of them leave.
        for (id, connection) in connections { connection.close(afterFlushing: !handshakes.contains(id)) }
        for connection in pending.values { connection.cancel() }
        writer?.onIdle = { [unowned self] in finishIfDone() }
        writer?.stop()
        people?.stop()
        finishIfDone()
    }

    /// Contact records, and rows of gaps and quarter-hours, that are not on the disk: those that the journal holds back
    /// are not even on their way. Without a store there is nothing to save.
    var unsavedRecords: Int { writer.map { $0.unsaved + held.records + held.rows } ?? 0 }

    private func finishIfDone() {
        guard isStopping, connections.isEmpty else { return }
        journal?.finish()
        let hasGivenUp = journal?.hasGivenUp ?? false
        if hasGivenUp { holdNoMore() }
        // A checkpoint stands on the journal's disk.
        guard writer.map({ $0.inFlight == 0 }) ?? true, hasGivenUp || checkpoints?.isIdle ?? true,
            people?.isIdle ?? true, let onStopped
        else { return }
        self.onStopped = nil
        timer.cancel()
        if unsavedRecords > 0 {
            let rows = (writer?.unsavedRows ?? 0) + held.rows
            let unsaved = UnsavedRecords(
                records: unsavedRecords - rows, rows: rows, evidence: journal?.evidence() ?? .noJournal)
            Log.write(.error, "store", unsaved.text)
        }
        deliveries?.close()
        if let writer { writer.close(onStopped) } else { onStopped() }
    }

    // MARK: in

    /// Goes on with what of a configuration that was read again needs no start. What the world alone knows, e.g.
    /// whether there is a store, stays as it is.
    func reconfigure(_ new: Configuration) -> Configuration.Reload {
        let reload = gateway.reload(from: new)
        if !isStopping { handle(.configured(reload.configuration)) }
        return reload
    }

    func handle(_ input: Gateway.Input) { perform(input) { Log.write(.error, "centralino", "\($0)") } }

    private func perform(_ input: Gateway.Input, _ failed: (EventLoopError) -> Void) {
        let now = now
        // A segment of the journal that begins with this input has a checkpoint of what was known before it.
        // The journal is asked first: to ask the core something copies it.
        let before = journal?.beginsSegment(at: now) == true && gateway.core.hasStarted ? gateway.core : nil
        // What is done may bring the next input: it gets a buffer of its own.
        var effects: [Effect] = []
        swap(&effects, &self.effects)
        gateway.handle(input, at: now, into: &effects)
        for effect in effects {
            do throws(EventLoopError) { try perform(effect, at: now, before) } catch { failed(error) }
        }
        effects.removeAll(keepingCapacity: true)
        swap(&effects, &self.effects)
        if isStopping { return }
        if let deadline = Self.nextDeadline(of: &gateway) {
            timer.start(afterMicroseconds: max(0, (deadline - now.uptime).microseconds))
        } else {
            timer.cancel()
        }
    }

    /// Of the gateway where it is: a property of a class that is only read would be copied, and the gateway is large.
    private static func nextDeadline(of gateway: inout Gateway) -> Span? { gateway.nextDeadline }

    // MARK: out

    private func perform(_ effect: Effect, at now: Moment, _ before: Core?) throws(EventLoopError) {
        switch effect {
        case .journal(let input): journal?.append(input, at: now, before)
        // In order: an answer must not overtake the one before it.
        case .send(let id, _), .close(let id):
            if !held.answers.isEmpty, let cause = held.answers[id] { hold(effect, after: cause) } else { hand(effect) }
        case .sendAfterJournal(let id):
            if let journal, journal.isPending { held.holdAnswers(to: id, after: journal.appended) }
        case .patient(let id): connections[id]?.isPatient = true
        case .listen(let port, let endpoint, let limit): try listen(port, endpoint, limit)
        // A link that was closed because we stop would be connected again.
        case .connect where isStopping: break
        case .connect(let id, let endpoint, let limit): connect(id, endpoint, limit)
        case .lookUp(let lookup, let caller):
            directory.lookUp(caller) { [unowned self] answer in handle(.found(lookup, answer)) }
        case .save, .saveGap, .saveInterval, .post:
            if case .save = effect { savesOrdered += 1 }
            // Otherwise a call that was acknowledged as ended could be open again after a crash.
            if let journal, journal.isPending { hold(effect, after: journal.appended) } else { hand(effect) }
        case .lookBack(let id, let date): lookBack(id, date)
        case .stopLookingBack(let id): if lookUnderWay?.id == id { lookUnderWay?.isWanted.end() }
        case .answer(let id): answerBeside(id)
        case .access(let effect): people?.perform(effect)
        case .log(let line): Log.write(line)
        }
    }

    /// Answers for an earlier moment, off the loop because that may take seconds. The answer knows what has been
    /// flushed to the kernel.
    private func lookBack(_ id: ConnectionID, _ date: UnixTime) {
        let answer: @LoopActor (LookBack) -> Void = { [weak self] found in self?.handle(.lookedBack(id, found)) }
        guard let journal, let question = gateway.question(of: id, at: now) else {
            return EventLoop.post { answer(.noJournal) }
        }
        let (folder, now, zone, wanted) = (journal.directory, now.date, zone, Wanted())
        lookUnderWay = (id, wanted)
        let read: @LoopActor () -> Void = { [lookingBack] in
            // In order: the next question waits here for one that was given up, which ends at its next entry.
            lookingBack.async {
                let found = question.answered(
                    TimeTravel.lookBack(at: date, journal: folder, heardUntil: now, zone: zone) { wanted.lasts })
                EventLoop.post { answer(found) }
            }
        }
        guard journal.isPending else { return read() }
        // One that waits here already was given up.
        heldLook = (read, journal.appended)
        journal.flush()
    }

    /// Answers a question about figures, off the loop because a day has a million facts. The facts are captured before
    /// anything else happens.
    private func answerBeside(_ id: ConnectionID) {
        let answer: @LoopActor (LookBack) -> Void = { [weak self] found in self?.handle(.lookedBack(id, found)) }
        guard let question = gateway.question(of: id, at: now) else { return }
        answeringQueue.async {
            let found = question.answer()
            EventLoop.post { answer(found) }
        }
    }

    private func hold(_ effect: Effect, after entries: Int) {
        held.hold(effect, after: entries)
        // The disk hangs, and memory is bounded.
        if held.bytes > HeldEffects.bytesLimit { holdNoMore() }
    }

    /// A client that gets no answer asks again; a record is kept sooner than what it was made from, since nobody would
    /// make it again.
    private func holdNoMore() {
        for client in held.answers.keys { connections[client]?.close() }
        for effect in held.release(after: .max) {
            switch effect {
            case .send, .close: break
            default: hand(effect)
            }
        }
    }

    private func release() {
        guard let journal else { return }
        for effect in held.release(after: journal.flushed) { hand(effect) }
        guard let (read, entries) = heldLook, entries <= journal.flushed else { return }
        heldLook = nil
        read()
    }

    private func hand(_ effect: Effect) {
        switch effect {
        case .send(let id, let bytes):
            if !secured.isEmpty, let secured = secured[id] {
                secured.write(bytes)
            } else {
                connections[id]?.write(bytes)
            }
        case .close(let id):
            secured[id]?.sayGoodbye()
            connections[id]?.close(afterFlushing: true)
            pending[id]?.cancel()
        case .save(let record): writer?.save(record)
        case .saveGap(let name, let gap): writer?.save(gap, of: name)
        case .saveInterval(let name, let row): writer?.save(row, of: name)
        case .post(let delivery): deliveries?.post(delivery)
        default: break
        }
    }

    private func listen(_ port: ClientPort, _ endpoint: Configuration.Endpoint, _ unsentLimit: Int)
        throws(EventLoopError)
    {
        listeners[port] = try TCPListener(host: endpoint.host, port: endpoint.port) { [unowned self] connection in
            // A new client is read, and may show a token, before later ones have taken all places: where places are
            // few, fewer clients are accepted in a turn.
            listeners[port]?.acceptsPerTurn = max(
                1, min(ProgramLimits.acceptsPerTurn, Self.descriptorRoom / ProgramLimits.acceptsPerTurn))
            guard hasRoom(at: port) else { return refuse(connection) }
            let id = ConnectionID(nextAccepted)
            nextAccepted += 2
            connection.unsentLimit = unsentLimit
            connection.congestedBytes = Limits.congestedBytes
            connection.onCongested = { [unowned self] in congested(id) }
            connection.onDrained = { [unowned self] in drained(id) }
            adopt(connection, id)
            ports[id] = port
            guard let context = certificates.context(of: port) else {
                return handle(.accepted(id, port, from: connection.peerHost))
            }
            shakeHands(connection, id, port, context)
        }
        listeners[port]?.onAcceptError = { [unowned self] _ in countRefused() }
    }

    /// The gateway hears of a client when its handshake is over.
    private func shakeHands(_ connection: TCPConnection, _ id: ConnectionID, _ port: ClientPort, _ context: Context) {
        if let tooMany = handshakes.insert(id, from: connection.peerHost) { connections[tooMany]?.close() }
        secured[id] = SecuredConnection(
            accepted: connection, context, turns: handshakeTurns,
            onOpen: { [unowned self] in
                handshakes.remove(id)
                handle(.accepted(id, port, from: connection.peerHost))
            }, onRead: { [unowned self] bytes in handle(.received(id, bytes)) })
    }

    private func countFailedHandshake(_ connection: TCPConnection, _ port: ClientPort?, _ error: TLSError) {
        handshakesFailed += 1
        let now = EventLoop.uptimeMicroseconds
        guard now >= nextHandshakeLine else { return }
        nextHandshakeLine = now + ProgramLimits.refusalLineMicroseconds
        Log.write(
            .warning, port?.rawValue ?? "tls",
            "No TLS with \(connection.peerHost): \(error.textOfClient) (\(handshakesFailed) such clients so far; at most one line a minute.)"
        )
    }

    /// Reads the listeners' certificates again; a pair that cannot be used is refused and reported, and the one before
    /// stays. Open connections keep theirs.
    func reloadCertificates() { certificates.reload(at: now.date) }

    /// Descriptors that no client gets: listeners, the store, the journal and its checkpoints, deliveries; and the
    /// links to the switches, which come first.
    private static let reservedDescriptors = 40
    /// Computed when the first client connects: by then everything that stays open is open, including what the program
    /// was started with.
    private static let descriptorRoom = max(
        8,
        (ProcessFigures.descriptorLimit ?? 1024)
            - max(reservedDescriptors, (ProcessFigures.openDescriptors ?? 0) + reservedDescriptors / 2)
    )

    /// Whether one more client may come to this port. Clients that have not shown a right token get at most half of the
    /// places, so that a crowd of them cannot keep an agent out: for each that comes, the oldest on the most crowded
    /// port is closed.
    private func hasRoom(at port: ClientPort) -> Bool {
        let room = Self.descriptorRoom
        guard connections.count >= room / 2 else { return true }
        let unproven = connections.keys.filter { $0.isAccepted && !leaving.contains($0) }
            .map { (standing: handshakes.contains($0) ? .unproven : gateway.edges.standing(of: $0), id: $0) }.filter {
                $0.standing != .proven
            }
        guard unproven.count >= room / 2 || connections.count - leaving.count >= room else { return true }
        let crowds = Dictionary(grouping: unproven) { ports[$0.id] ?? port }
        guard let crowded = crowds.max(by: { ($0.value.count, $0.key.rawValue) < ($1.value.count, $1.key.rawValue) })
        else { return false }
        guard let oldest = crowded.value.min(by: { ($0.standing, $0.id) < ($1.standing, $1.id) })?.id else {
            return false
        }
        leaving.insert(oldest)
        connections[oldest]?.close()
        countRefused()
        return true
    }

    private func refuse(_ connection: TCPConnection) {
        connection.close()
        countRefused()
    }

    /// Also where the system has no descriptor for another connection: the program may have been started with some that
    /// are open already.
    private func countRefused() {
        connectionsRefused += 1
        let now = EventLoop.uptimeMicroseconds
        guard now >= nextRefusalLine else { return }
        nextRefusalLine = now + ProgramLimits.refusalLineMicroseconds
        Log.write(
            .warning, "centralino",
            "\(connections.count) connections are open, and the rest of the file descriptors is kept for the switches and for clients with a token (\(connectionsRefused) closed or refused so far). Raise the limit: LimitNOFILE= of the service, or ulimit -n."
        )
    }

    // MARK: slow readers

    private func congested(_ id: ConnectionID) {
        guard let bytes = connections[id]?.unsentBytes else { return }
        if congestion.isEmpty { congestionTimer.start(afterMicroseconds: Self.congestionMicroseconds) }
        congestion[id] = bytes
        handle(.unsent(id, bytes: bytes))
    }

    private func drained(_ id: ConnectionID) {
        if congestion.removeValue(forKey: id) != nil { handle(.unsent(id, bytes: 0)) }
    }

    /// A client that reads, however slowly, is not dead.
    private func watchCongestion() {
        for (id, before) in congestion.sorted(by: { $0.key < $1.key }) {
            guard let bytes = connections[id]?.unsentBytes, bytes < before else { continue }
            congestion[id] = bytes
            handle(.unsent(id, bytes: bytes))
        }
        if !congestion.isEmpty, !isStopping { congestionTimer.start(afterMicroseconds: Self.congestionMicroseconds) }
    }

    private func connect(_ id: ConnectionID, _ endpoint: Configuration.Endpoint, _ unsentLimit: Int) {
        pending[id] = TCPConnection.connect(
            host: endpoint.host, port: endpoint.port, timeoutMicroseconds: ProgramLimits.connectMicroseconds
        ) {
            [unowned self] result in
            pending[id] = nil
            switch result {
            case .success(let connection) where isStopping: connection.close()
            // We gave it up ourselves, in order to end.
            case .failure(.cancelled) where isStopping: break
            case .success(let connection):
                connection.unsentLimit = unsentLimit
                adopt(connection, id)
                let onRead: @LoopActor ([UInt8]) -> Void = { [unowned self] bytes in handle(.received(id, bytes)) }
                let onOpen: @LoopActor () -> Void = { [unowned self] in handle(.opened(id)) }
                guard case .tls(let serverName, let caFile) = endpoint.security else {
                    connection.onRead = onRead
                    return onOpen()
                }
                secured[id] = SecuredConnection(
                    connection, serverName: serverName, caFile: caFile, onOpen: onOpen, onRead: onRead)
            case .failure(let error): handle(.closed(id, reason: "\(error)"))
            }
        }
    }

    private func adopt(_ connection: TCPConnection, _ id: ConnectionID) {
        connections[id] = connection
        connection.onRead = { [unowned self] bytes in handle(.received(id, bytes)) }
        connection.onClose = { [unowned self] reason in
            connections[id] = nil
            leaving.remove(id)
            congestion[id] = nil
            let tls = secured.removeValue(forKey: id)
            let port = ports.removeValue(forKey: id)
            if handshakes.remove(id) || tls?.hasOpened == false && id.isAccepted {
                // The gateway never knew it.
                countFailedHandshake(connection, port, tls?.ended(reason) ?? .closedDuringHandshake)
            } else if let error = tls?.ended(reason) {
                handle(
                    .closed(
                        id, reason: "TLS with \(connection.peer): \(error)",
                        isConfigurationFault: error.isConfigurationFault))
            } else {
                handle(.closed(id, reason: Self.words(for: tls?.hasPeerClosed == true ? .peer : reason)))
            }
            if isStopping { finishIfDone() }
        }
    }

    static func words(for reason: TCPConnection.CloseReason) -> String {
        switch reason {
        case .peer: "The other side closed the connection."
        case .local: "Closed."
        case .slow: "The other side reads too slowly; the connection was closed."
        case .error(let code): "The connection broke: \(code) (\(code.name))."
        }
    }
}
