/// Why two accounts of one visit differ. The list is closed, and a cause is only given on the evidence that its rule names, found in the log or in
/// our record; whatever the rules do not reach is ``unexplained``.
public enum Cause: String, CaseIterable, Sendable {
    /// Of a match. The log's figures are differences of two clocks that had been cut to whole seconds, ours are exact: for the same two instants
    /// `log = ours − ({end} − {start})`, with fractions in [0, 1) s, so that they are less than 1 s apart, at most 999,999 µs. The microsecond to the
    /// full second is left to the two roundings; the boundary is inclusive (``Reconciliation/tolerance``).
    case truncation
    /// The switch told us an instant later than it wrote it down: ours lies after the second of the log's line for the same thing (ENTERQUEUE, CONNECT,
    /// COMPLETE…), by at most 1 s, and without that delay the figures would be within the tolerance. Without `timestampevents = yes` our instants are
    /// those of receipt, and a busy switch holds events back. By more than 1 s only where other calls' joinings about those seconds (± 3 s) came as late.
    case lateEvent
    /// Of a match. We know that the caller left the queue alive, and say that the reason is unknown: AMI does not tell it. The log does.
    case reasonNotTold
    /// The log shows the heir: ATTENDEDTRANSFER|APP|Queue of a call, whose later lines belong to a place that another channel (the agent's
    /// consultation) had taken; or it has that place without an end, and its end without a place, and our record has the place change hands. For a wait: both sides agree when it ended, within the tolerance; they count from different joinings.
    case inheritedPlace
    /// Ours is longer, and the visit was an agent's consultation through a queue: it lies within another conversation of the log that ends in an
    /// ATTENDEDTRANSFER in the same second (± 1 s), and our record holds it as a part of that caller's call, or is of an agent's own call. Asterisk
    /// closes the consultation there, and the one who was consulted goes on with the caller.
    /// (A visit whose own conversation was handed on ends for both sides at that instant: a difference there is none of this kind.)
    case transferredOnward
    /// The log's COMPLETE… says talk 0 (1 where the second turned) and stands in the second of CONNECT (± 1 s), both sides agree on the beginning, ours goes on, and our record says
    /// that another channel than the customer's held the place, or that it was a callback. Asterisk writes this when the Local channel that waited is
    /// optimised away behind the answer.
    case localOptimised
    /// The log's talk is longer, ours ended before its COMPLETE…, and meanwhile the same call was somewhere else: the log has an ENTERQUEUE of it
    /// before that line, or our record has another visit, leg or parking place that begins then, or another customer in the conversation and the end of
    /// the call in that second (± 1 s). Asterisk writes the line only when the caller at last hangs up (after AMI Redirect, AMI Bridge and parking).
    /// That a phone rang for the caller meanwhile and was not answered, or that the agent hung up and the caller went on in the dial plan, counts only
    /// where our record of the caller, on the channel that the log names, ends in the second of the line (± 1 s).
    case lateComplete
    /// The log's talk is longer, and its line lies after the second of our end, by less than 10 s: the switch had told us before that the caller's channel, the
    /// one that the log names, was hung up; or that the agent handed the caller over, or hung up, which is what the line says. Asterisk writes COMPLETE… and
    /// …TRANSFER beside the call, and counts until then; on a busy machine that is seconds later.
    case lateLine
    /// The log's talk is longer. The member is a Local channel, our record says that the agent behind it handed the caller over when ours ended, and the
    /// log knows of no transfer: COMPLETE… came when our record of the caller ended, or another part of it began or ended (± 1 s). Asterisk sees
    /// only the Local channel, which stays.
    case transferUnseen
    /// Ours is longer, the log says …TRANSFER, and in that second (± 1 s) our record has another who talked with the caller, and who transferred: in a
    /// conference of three, Asterisk takes anybody's transfer for the member's, who goes on talking.
    case othersTransfer
    /// Ours is longer, the log's BLINDTRANSFER lies before our end, by less than 10 s, and our record has a parking place that begins when ours ended
    /// (± 1 s), and that the agent handed the caller over. Asterisk writes the line when the phone asks for the parking, and lets the voices part when
    /// the caller is in the lot.
    case parkedSlowly
    /// The log's talk is longer, and its closing line has another call id than CONNECT, with the same member, queue, wait and beginning: the caller's part had
    /// been taken by another channel, with which the conversation of the log went on. Or the place was of an agent's own channel (who asked the queue, and
    /// joined all three), the customer hung up when ours ended, and our record has that agent in the conversation until then: the two agents went on, for less than 10 s. (Our record does not say how long: a longer
    /// difference could be an end that we took too early.)
    case anotherWentOn
    /// The log has CONNECT and no end, although it goes on. In the log the same call joins a queue later; or our record says that the call was over,
    /// every channel of it hung up, more than 1 s before the log's last line. Asterisk never wrote the end.
    case endNotWritten
    /// Our record says that another phone picked the call up; the log credits the member whose phone rang.
    case pickedUp
    /// We did not hear the switch, and the difference can come of that. Of a wait or conversation: it is no greater, within the tolerance, than what
    /// was not heard of the two; or our record gives no figure, since it is flagged `partial` or `estimated` there. Of an outcome or an agent: the end
    /// of the wait lies in a gap (± 1 s). Of a visit that one side has not: it began in one, or lasted when we ended and forgot what was open.
    case linkGap
    /// Our record is flagged `clockStep`: the switch's clock was set during the call, and the log's figures are differences of that clock, as those of
    /// our instants are: the log's lies within the tolerance of them. Of waits and conversations; of any size where an instant is not known.
    case clockStep
    /// QUEUESTART stands in the log after the visit's ENTERQUEUE or CONNECT and before any end of it: the switch was started again.
    case switchRestart
    /// The log says ABANDON, we say that the caller left alive, and so he did: the same call joins another queue in the log at that second (± 1 s),
    /// or our record tells of him after it (of a phone that only rang, in that second), or says that the switch ended the call. Management took him
    /// away (AMI Redirect, Hangup).
    case managementTookAway
    /// One side ends before the visit does: the log has no end of it and ours is not before the log's last line; or ours lasts and the log's end
    /// is not before the end of what we saw; or only ended calls have records, and the log has no end of this call.
    case stillOpen
    /// The other side does not reach there: ours joined before the log's first line, or not before its last one (and nobody asked for that
    /// time expressly); or the log's before or after the time that we saw.
    case outsideWindow
    /// None of the above. To be looked at, call by call.
    case unexplained
}
