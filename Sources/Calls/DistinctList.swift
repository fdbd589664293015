/// A list in which nothing stands twice. Most are short: as long as one is, it is searched, and no set is made.
struct DistinctList<Element: Hashable> {
    private var elements: [Element]
    /// Of a long list.
    private var known: Set<Element> = []

    /// `elements` differ from one another.
    init(_ elements: [Element] = []) {
        self.elements = elements
        // Most never need more.
        self.elements.reserveCapacity(Limits.searchedList)
    }

    /// The first of them, as many as there are up to `count`.
    func first(_ count: Int) -> [Element] { elements.count <= count ? elements : Array(elements.prefix(count)) }

    var count: Int { elements.count }

    subscript(index: Int) -> Element { elements[index] }

    /// False if it stands there already.
    @discardableResult
    mutating func append(_ element: Element) -> Bool {
        if elements.count < Limits.searchedList {
            guard !elements.contains(element) else { return false }
        } else {
            if known.isEmpty { known = Set(elements) }
            guard known.insert(element).inserted else { return false }
        }
        elements.append(element)
        return true
    }
}
