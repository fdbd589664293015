import EventLoop

/// How `centralino tail` shows the stream.
@LoopActor
protocol TailView {
    func start() throws
    func show(_ news: WallboardFollower.News)
}
