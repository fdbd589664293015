import Time

/// The agreement that permits figures of single workers: a union agreement or an authorisation of the labour
/// inspectorate (art. 4 L. 300/1970; INL circular 4/2017). An administrator names it; pages that show such figures show
/// it too. `domain.md` §8.2.
public struct LegalBasis: Equatable, Codable, Sendable {
    /// As people cite it: “Accordo sindacale 12/2026”.
    public var reference: String
    public var date: LocalDate

    public init(reference: String, date: LocalDate) {
        self.reference = reference
        self.date = date
    }
}
