import EventLoop

/// How `centralino tail` shows what it hears.
@LoopActor
protocol TailView {
    func start() throws
    func show(_ news: WallboardFollower.News)
}
