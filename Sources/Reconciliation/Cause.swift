/// Why two accounts of one visit differ. The list is closed. A cause is given only on the evidence that its rule names,
/// found in the log or in our record; a difference that no rule explains is ``unexplained``.
public enum Cause: String, CaseIterable, Sendable {
    /// For a match. The log's figures are differences of two clocks that were cut to whole seconds; ours are exact. For
    /// the same two instants `log = ours − ({end} − {start})`, with fractions in [0, 1) s, so the two differ by less
    /// than 1 s, at most 999,999 µs. The microsecond up to the full second allows for the two roundings; the boundary
    /// is inclusive (``Reconciliation/tolerance``).
    case truncation
    /// The switch reported an instant later than it logged it: ours lies after the second of the log's line for the
    /// same event (ENTERQUEUE, CONNECT, COMPLETE…), by at most 1 s, and without that delay the figures would be within
    /// the tolerance. Without `timestampevents = yes` our instants are those of receipt, and a busy switch delays
    /// events. A delay of more than 1 s is accepted only if other calls' joinings about those seconds (± 3 s) were as
    /// late.
    case lateEvent
    /// For a match. We know that the caller left the queue alive, but not why: AMI does not report the reason. The log
    /// does.
    case reasonNotTold
    /// The log shows the heir in one of two ways. Either an ATTENDEDTRANSFER|APP|Queue of a call whose later lines
    /// belong to a place that another channel (the agent's consultation) had taken. Or a place without an end and an
    /// end without a place, while in our record that place changes hands, or was abandoned in that second (a Surrogate
    /// stood in the queue for a caller whom `Bridge` took away). For a wait: both sides agree on its end,
    /// within the tolerance, but count from different joinings.
    case inheritedPlace
    /// Ours is longer, and the visit was an agent's consultation through a queue. It lies within another conversation
    /// of the log that ends in an ATTENDEDTRANSFER in the same second (± 1 s), and our record has it as a part of that
    /// caller's call, or is of an agent's own call. Asterisk closes the consultation there, and the agent who was
    /// consulted continues with the caller. (A visit whose own conversation was handed over ends for both sides at that
    /// instant, so a difference there is not of this kind.)
    case transferredOnward
    /// The log's COMPLETE… has talk 0 (1 if the second changed) in the second of CONNECT (± 1 s). Both sides agree on
    /// the beginning, but ours goes on, and our record shows that a channel other than the customer's held the place,
    /// or that the call was a callback. Asterisk writes this when the waiting Local channel is optimised away after the
    /// answer.
    case localOptimised
    /// The log's talk is longer, ours ended before its COMPLETE…, and meanwhile the same call was elsewhere: the log
    /// has an ENTERQUEUE of it before that line; or our record has another visit, leg or parking that begins in that
    /// time; or another customer in the conversation, and the end of the call in that second (± 1 s). Asterisk writes
    /// the line only when the caller finally hangs up (after AMI Redirect, AMI Bridge and parking). Two cases count
    /// only if our record of the caller, on the channel that the log names, ends in the second of the line (± 1 s): a
    /// phone rang for the caller meanwhile and was not answered; the agent hung up and the caller continued in the dial
    /// plan.
    case lateComplete
    /// The log's talk is longer, and its line comes after the second of our end, by less than 10 s. The switch had
    /// reported before that the caller's channel, the one that the log names, was hung up; or that the agent handed the
    /// caller over, or hung up, as the line says. Asterisk writes COMPLETE… and …TRANSFER separately from the call, and
    /// counts until then; on a busy machine that is seconds later.
    case lateLine
    /// The log's talk is longer. The member is a Local channel, and in our record the agent behind it handed the caller
    /// over when ours ended, while the log has no transfer. Its COMPLETE… came when our record of the caller ended, or
    /// another part of it began or ended (± 1 s). Asterisk sees only the Local channel, which remains.
    case transferUnseen
    /// Ours is longer, the log has …TRANSFER, and in that second (± 1 s) our record has a transfer by somebody else who
    /// talked with the caller. In a conference of three, Asterisk attributes any transfer to the member, who goes on
    /// talking.
    case othersTransfer
    /// Ours is longer, and the log's BLINDTRANSFER comes before our end, by less than 10 s. In our record a parking
    /// begins when ours ended (± 1 s), and the agent handed the caller over. Asterisk writes the line when the phone
    /// asks for the parking, and separates the voices when the caller is in the lot.
    case parkedSlowly
    /// The log's talk is longer, and its closing line has another call id than CONNECT, with the same member, queue,
    /// wait and beginning: another channel had taken the caller's part, and the log's conversation continued with it.
    /// Or the place was of an agent's own channel (which called the queue and joined all three), the customer hung up
    /// when ours ended, and in our record that agent is in the conversation until then: the two agents continued, for
    /// less than 10 s. (Our record does not show how long, and a longer difference could be an end that we set too
    /// early.)
    case anotherWentOn
    /// The log has CONNECT and no end, although it continues. In the log the same call joins a queue later; or in our
    /// record the call was over, with every channel hung up, more than 1 s before the log's last line. Asterisk never
    /// wrote the end.
    case endNotWritten
    /// In our record another phone picked the call up; the log credits the member whose phone rang.
    case pickedUp
    /// We did not hear the switch, and that may explain the difference. For a wait or conversation: the difference is
    /// not greater, within the tolerance, than the unheard part of the two; or our record has no figure, because it is
    /// flagged `partial` or `estimated` there. For an outcome or an agent: the end of the wait lies in a gap (± 1 s).
    /// For a visit that one side lacks: it began in a gap, or was open when we stopped and lost the open calls.
    case linkGap
    /// Our record is flagged `clockStep`: the switch's clock was set during the call. The log's figures are differences
    /// of that clock, and so are those of our instants: the log's figure is within the tolerance of them. For waits and
    /// conversations. If an instant is not known, a difference of any size is accepted.
    case clockStep
    /// QUEUESTART comes in the log after the visit's ENTERQUEUE or CONNECT and before any end of it: the switch was
    /// restarted.
    case switchRestart
    /// The log has ABANDON, but we report that the caller left alive, and there is evidence: in the log the same call
    /// joins another queue in that second (± 1 s); or our record shows the caller after it (if a phone only rang, in
    /// that second), or shows that the switch ended the call. Management moved or ended the call (AMI Redirect,
    /// Hangup).
    case managementTookAway
    /// One side ends before the visit does: the log has no end of it, and ours is not before the log's last line; or
    /// ours is open, and the log's end is not before the end of what we saw; or only ended calls have records, and the
    /// log has no end of this call.
    case stillOpen
    /// The other side does not cover that time: ours joined before the log's first line, or not before its last one
    /// (and that time was not requested expressly); or the log's visit is before or after the time that we saw.
    case outsideWindow
    /// None of the above: to be examined call by call.
    case unexplained
}
