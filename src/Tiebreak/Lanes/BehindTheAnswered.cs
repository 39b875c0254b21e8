using System.Runtime.CompilerServices;

namespace Tiebreak.Lanes;

/// <summary>
/// Lets those go first who were just answered, if the thread pool has not yet: what they ask for next then shares the
/// lane's next transaction. Without it callers who come back at once fall into two halves that take turns, each in
/// transactions half as large. Where nobody is in line it costs a turn of the thread pool and no wait.
/// </summary>
internal readonly struct BehindTheAnswered : ICriticalNotifyCompletion
{
    public bool IsCompleted => false;

    public BehindTheAnswered GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    /// <summary>Into the line that all threads share: answers stand in that of this thread, which comes first.</summary>
    public void UnsafeOnCompleted(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
}
