using System.Data;
using System.Net.Sockets;
using System.Text;
using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>One connection of an actor: what the client sends is held here until it may go.</summary>
internal sealed class RelayConnection(Stream client, FrameReader fromClient, Stream server, FrameReader fromServer, StatementClassifier classifier, Func<GateRun?> currentRun) : IAsyncDisposable
{
    private readonly BackendPump _pump = new(fromServer, client);
    private readonly CancellationTokenSource _stop = new();
    private readonly PreparedStatements _prepared = new();
    private readonly ChosenLevel _level = new();
    private readonly List<Piece> _pieces = [];
    private readonly SemaphoreSlim _turn = new(1);
    private IsolationLevel _isolation = IsolationLevel.ReadCommitted;
    private GateRun? _numberedFor;
    private int _number;
    private Task _ending = Task.CompletedTask;
    private Task _sent = Task.CompletedTask;
    private int _isClosed;
    private bool _isSplit;
    private bool _isWrapped;
    private TaskCompletionSource _unwrapped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HeldStatement? _final;
    private volatile HeldStatement? _held;

    public int BackendPid => _pump.BackendPid;

    public byte[] CancelKey => _pump.CancelKey;

    /// <summary>Runs until either side closes it.</summary>
    public async Task RunAsync()
    {
        var pump = _pump.RunAsync(_stop.Token);
        var reading = ReadAsync();
        try
        {
            await await Task.WhenAny(pump, reading).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException or ArgumentException or SocketException)
        {
            // One side went away, or speaks something else; the connection ends for both.
        }
        finally
        {
            await CloseAsync().ConfigureAwait(false);
            _held?.Refuse();
            await Task.WhenAll(Quiet(pump), Quiet(reading), Quiet(_ending)).ConfigureAwait(false);
        }
    }

    /// <summary>Closes both sides.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }

        await client.DisposeAsync().ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The actor's run is over: nothing of it stays open.</summary>
    /// <param name="close">Whether the connection ends as well.</param>
    /// <param name="cancel">Asks the server to end the statement under way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task EndRunAsync(bool close, Func<byte[], Task> cancel, CancellationToken cancellationToken)
    {
        if (_held is { } held && !held.Result.IsCompleted)
        {
            close = true;
            if (held.Released.IsCompletedSuccessfully && held.Released.Result)
            {
                // A request that overtakes its statement cancels nothing.
                for (var attempt = 0; attempt < 30 && !held.Result.IsCompleted && !cancellationToken.IsCancellationRequested; attempt++)
                {
                    await cancel(CancelKey).ConfigureAwait(false);
                    await Task.WhenAny(held.Result, Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken)).ConfigureAwait(false);
                }
            }
            else
            {
                held.Refuse();
            }
        }

        if (_pump.Status != 'I' && !_pump.IsOwed && !_stop.IsCancellationRequested)
        {
            await RollbackAsync(cancellationToken).ConfigureAwait(false);
        }

        _isWrapped = _pump.HidesTransaction = false;
        _final = null;
        _unwrapped.TrySetResult();
        if (close)
        {
            await CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Holds the COMMIT of the transaction that the gate put around all the actor did here, the first time it is asked;
    /// false when there is none, or it has been answered.
    /// </summary>
    public bool HoldFinalCommit(GateRun run)
    {
        if (_final is { } final)
        {
            return !final.Result.IsCompleted;
        }

        if (!_isWrapped || _pump.Status == 'I' || _stop.IsCancellationRequested)
        {
            return false;
        }

        _final = Hold(run, StepKind.Commit, "COMMIT", [], isAutocommit: false);
        _ending = SendOwnAsync(_final, "COMMIT", givesKept: false);
        return true;
    }

    private async Task RollbackAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync("ROLLBACK").ConfigureAwait(false);
            await answer.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // A connection that is gone has no transaction.
        }
    }

    private async Task ReadAsync()
    {
        while (await fromClient.ReadAsync(_stop.Token).ConfigureAwait(false) is { } frame)
        {
            switch ((char)frame.Type)
            {
                case 'P' or 'B' or 'D' or 'C' or 'E':
                    Add(frame);
                    break;
                case 'S' when _pump.IgnoredSync && _pieces.Count == 0:
                    // The one behind the Execute of a COPY is the one that is answered, at this.
                    _pump.IgnoredSync = false;
                    await WriteAsync(frame.Bytes).ConfigureAwait(false);
                    break;
                case 'S' or 'H':
                    await _ending.ConfigureAwait(false);
                    _pieces.Add(new Piece(frame.Type, frame.Bytes.ToArray()));
                    await ExtendedAsync([.. _pieces]).ConfigureAwait(false);
                    _pieces.Clear();
                    break;
                case 'Q':
                    await _ending.ConfigureAwait(false);
                    await SimpleAsync(frame.Bytes.ToArray()).ConfigureAwait(false);
                    break;
                case 'X' when _isWrapped:
                    // What the client takes for done is in a transaction that only the end of the actor commits.
                    await _unwrapped.Task.WaitAsync(_stop.Token).ConfigureAwait(false);
                    return;
                case 'X':
                    return;
                default:
                    // Data of a COPY, and what a newer client may say.
                    await WriteAsync(frame.Bytes).ConfigureAwait(false);
                    break;
            }
        }
    }

    private void Add(Frame frame)
    {
        var bytes = frame.Bytes.ToArray();
        switch ((char)frame.Type)
        {
            case 'P':
                var parsed = _prepared.Parse(frame.Body);
                if (parsed.Length == 0 && currentRun()?.Settings.Rewrite is { } rewrite)
                {
                    bytes = Injected.Parse("", rewrite(_prepared.SqlOf("")), _prepared.TypesOf(""));
                }

                break;
            case 'B':
                bytes = Bound(frame, bytes);
                break;
            case 'C':
                _prepared.Close(frame.Body);
                break;
            case 'E':
                var body = frame.Body;
                var statement = _prepared.Portal(PreparedStatements.Text(ref body));
                _pieces.Add(new Piece(frame.Type, bytes, statement, classifier.Classify(statement.Sql)));
                return;
        }

        _pieces.Add(new Piece(frame.Type, bytes));
    }

    /// <summary>A Bind of a named statement whose text is another one in this run goes to a statement of the gate's own.</summary>
    private byte[] Bound(Frame frame, byte[] bytes)
    {
        var (name, offset) = _prepared.Bind(frame.Body);
        if (name.Length == 0 || currentRun()?.Settings.Rewrite is not { } rewrite)
        {
            return bytes;
        }

        var sql = _prepared.SqlOf(name);
        var other = rewrite(sql);
        if (other == sql)
        {
            return bytes;
        }

        // Parsed anew each time: an error before it may have made the server skip it the last time.
        const string ours = "tiebreak_rewritten";
        _pieces.Add(new Piece(Piece.OwnClose, Injected.Close(ours)));
        _pieces.Add(new Piece(Piece.OwnParse, Injected.Parse(ours, other, _prepared.TypesOf(name))));

        var tail = offset + Encoding.UTF8.GetByteCount(name) + 1;
        return Frame.Make('B', [.. frame.Body[..offset], .. Encoding.UTF8.GetBytes(ours), 0, .. frame.Body[tail..]]);
    }

    private async Task SimpleAsync(byte[] bytes)
    {
        var sql = Encoding.UTF8.GetString(bytes.AsSpan(5, bytes.Length - 6));
        var kind = classifier.Classify(sql);
        var run = currentRun();
        if (run is not null)
        {
            await SettleAsync().ConfigureAwait(false);
            await PrepareRunAsync(run).ConfigureAwait(false);
            if (_isWrapped && kind is StatementClass.Passes && sql.Contains("discard", StringComparison.OrdinalIgnoreCase))
            {
                // It cannot run inside the transaction that the client does not know of.
                sql = "SELECT 1 WHERE false";
            }
        }

        if (kind is StatementClass.Passes or StatementClass.Begin)
        {
            Forget(sql);
        }

        var isIdle = _pump.Status == 'I';
        if (run is null || kind is StatementClass.Passes or StatementClass.Begin || (isIdle && kind is StatementClass.Commit or StatementClass.Rollback && !_isWrapped))
        {
            _sent = _pump.Expect(new Expected(ExpectedKind.Query)).Done;
            await WriteAsync(Frame.OfTexts('Q', sql)).ConfigureAwait(false);
            return;
        }

        await WrapAsync(run).ConfigureAwait(false);
        isIdle = _pump.Status == 'I' && !_isWrapped;
        var splits = isIdle && kind is StatementClass.Write && run.Settings.Autocommit is AutocommitMode.Split;
        if (splits)
        {
            await BeginAsync().ConfigureAwait(false);
        }

        var step = await HoldAsync(run, KindOf(kind), sql, [], isIdle && !splits).ConfigureAwait(false);
        var all = _pump.Expect(new Expected(ExpectedKind.Query) { Step = step, IsOurs = false });
        _sent = all.Done;
        if (splits)
        {
            _pump.KeepReady();
        }

        await WriteAsync(Frame.OfTexts('Q', run.Settings.Rewrite?.Invoke(sql) ?? sql)).ConfigureAwait(false);
        if (splits)
        {
            _ending = EndSplitAsync(run, new Answer(all.Done));
        }
    }

    private async Task ExtendedAsync(IReadOnlyList<Piece> pieces)
    {
        var run = currentRun();
        var isSync = pieces[^1].Type == (byte)'S';
        if (run is not null)
        {
            await SettleAsync().ConfigureAwait(false);
        }

        // What the server passes over does not wait for a turn.
        var held = _pump.SkipsToSync ? [] : pieces.Where(piece => piece.IsHeld).ToList();
        if (run is not null && pieces.Any(piece => piece.Statement is not null))
        {
            await PrepareRunAsync(run).ConfigureAwait(false);
        }

        foreach (var piece in pieces.Where(piece => piece is { Statement: not null, Class: StatementClass.Passes or StatementClass.Begin }))
        {
            Forget(piece.Statement!.Sql);
        }

        var begins = pieces.Any(piece => piece.Class is StatementClass.Begin);
        var isIdle = _pump.Status == 'I' && !begins;
        if (isIdle && !_isWrapped)
        {
            held.RemoveAll(piece => piece.Class is StatementClass.Commit or StatementClass.Rollback);
        }

        if (run is null || held.Count == 0)
        {
            if (_isSplit && isSync)
            {
                _isSplit = false;
                _ending = EndSplitAsync(run, await SendAsync(pieces, null, null, keepReady: true).ConfigureAwait(false));
                return;
            }

            await SendAsync(pieces, null, null, keepReady: false).ConfigureAwait(false);
            return;
        }

        await WrapAsync(run).ConfigureAwait(false);
        isIdle = _pump.Status == 'I' && !begins && !_isWrapped;
        var goesOn = _isSplit;
        var splits = goesOn || (isIdle && held.Exists(piece => piece.Class is StatementClass.Write) && !held.Exists(piece => piece.Class is StatementClass.Alone)
            && run.Settings.Autocommit is AutocommitMode.Split);
        if (isIdle && !splits)
        {
            var sql = string.Join("; ", held.Select(piece => piece.Statement!.Sql));
            var whole = await HoldAsync(run, StepKind.Statement, sql, held[0].Statement!.Parameters, isAutocommit: true).ConfigureAwait(false);
            await SendAsync(pieces, held[^1], whole, keepReady: false).ConfigureAwait(false);
            return;
        }

        if (splits && !goesOn)
        {
            await BeginAsync().ConfigureAwait(false);
        }

        _isSplit = splits && !isSync;

        await OneByOneAsync(run, pieces, held, splits, isSync).ConfigureAwait(false);
    }

    /// <summary>Each Execute of a pipeline is a step of its own: a Flush behind it brings its answer.</summary>
    private async Task OneByOneAsync(GateRun run, IReadOnlyList<Piece> pieces, List<Piece> held, bool splits, bool isSync)
    {
        var from = 0;
        foreach (var piece in held)
        {
            var step = await HoldAsync(run, KindOf(piece.Class), piece.Statement!.Sql, piece.Statement.Parameters, isAutocommit: false).ConfigureAwait(false);
            var isLast = piece == held[^1];
            var to = isLast ? pieces.Count : IndexOf(pieces, piece) + 1;
            var sent = await SendAsync([.. pieces.Skip(from).Take(to - from)], piece, step, splits && isSync && isLast).ConfigureAwait(false);
            from = to;
            if (isLast)
            {
                if (splits && isSync)
                {
                    _ending = EndSplitAsync(run, sent);
                }

                return;
            }

            await WriteAsync(Injected.Flush).ConfigureAwait(false);
            if ((await step.Result.ConfigureAwait(false)).SqlState is not null)
            {
                var rest = await SendAsync([.. pieces.Skip(from)], null, null, splits && isSync).ConfigureAwait(false);
                if (splits && isSync)
                {
                    _ending = EndSplitAsync(run, rest);
                }

                return;
            }
        }
    }

    /// <summary>Sends messages and expects their answers; returns what completes with the last of them.</summary>
    private async Task<Answer> SendAsync(IReadOnlyList<Piece> pieces, Piece? of, HeldStatement? step, bool keepReady)
    {
        var endsAtSync = pieces[^1].Type == (byte)'S';
        var last = Task.CompletedTask;
        if (keepReady)
        {
            _pump.KeepReady();
        }

        foreach (var piece in pieces)
        {
            var expected = (char)piece.Type switch
            {
                'E' => new Expected(ExpectedKind.Execute) { Step = piece == of ? step : null, EndsAtSync = endsAtSync },
                'S' => new Expected(ExpectedKind.Sync) { Step = step },
                (char)Piece.OwnParse => new Expected(ExpectedKind.Parse) { IsOurs = true },
                (char)Piece.OwnClose => new Expected(ExpectedKind.Close) { IsOurs = true },
                _ => null,
            };
            last = expected is null ? last : _pump.Expect(expected).Done;
        }

        _sent = last;
        await WriteAsync(pieces.SelectMany(piece => piece.Bytes).ToArray()).ConfigureAwait(false);
        return new Answer(last);
    }

    /// <summary>Before anything of a run: the isolation level that its transactions begin with.</summary>
    private async Task PrepareRunAsync(GateRun run)
    {
        if (_pump.Status != 'I' || run.Settings.Isolation == _isolation)
        {
            return;
        }

        _isolation = run.Settings.Isolation;
        var level = _isolation switch
        {
            IsolationLevel.Serializable => "serializable",
            IsolationLevel.RepeatableRead or IsolationLevel.Snapshot => "repeatable read",
            _ => "read committed",
        };
        await AskAsync($"SET default_transaction_isolation = '{level}'").ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for the answer to what went before: drivers send BEGIN and the first statement at once, and whether a
    /// transaction is open is known only when the server has said so.
    /// </summary>
    private async Task SettleAsync()
    {
        await _sent.ConfigureAwait(false);
        if (_pump.Status == 'I')
        {
            _level.EndTransaction();
        }
    }

    private void Forget(string sql)
    {
        _level.Note(sql);
        if (sql.Contains("discard", StringComparison.OrdinalIgnoreCase) || sql.Contains("reset", StringComparison.OrdinalIgnoreCase) || sql.Contains("deallocate", StringComparison.OrdinalIgnoreCase))
        {
            _isolation = IsolationLevel.ReadCommitted;
        }
    }

    private async Task WrapAsync(GateRun run)
    {
        if (run.Settings.OneTransaction && !_isWrapped && _pump.Status == 'I')
        {
            _isWrapped = _pump.HidesTransaction = true;
            _unwrapped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await BeginAsync().ConfigureAwait(false);
        }
    }

    private async Task BeginAsync()
    {
        var begun = await AskAsync("BEGIN").ConfigureAwait(false);
        await begun.Done.ConfigureAwait(false);
    }

    /// <summary>Behind the statement of an implicit transaction: holds its COMMIT, and gives the client its answer after it.</summary>
    private async Task EndSplitAsync(GateRun? run, Answer answer)
    {
        await answer.Done.ConfigureAwait(false);
        if (run is null || run.IsOver || _pump.Status != 'T')
        {
            await AskAsync(_pump.Status == 'T' ? "COMMIT" : "ROLLBACK", givesKept: true).ConfigureAwait(false);
            return;
        }

        var step = Hold(run, StepKind.Commit, "COMMIT", [], isAutocommit: false);
        await SendOwnAsync(step, "COMMIT", givesKept: true).ConfigureAwait(false);
    }

    private async Task SendOwnAsync(HeldStatement step, string sql, bool givesKept)
    {
        if (!await step.Released.ConfigureAwait(false))
        {
            return;
        }

        var answer = await AskAsync(sql, step, givesKept).ConfigureAwait(false);
        await answer.Done.ConfigureAwait(false);
    }

    private async Task<Answer> AskAsync(string sql, HeldStatement? step = null, bool givesKept = false)
    {
        _pump.Expect(new Expected(ExpectedKind.Execute) { IsOurs = true, Step = step, EndsAtSync = true, GivesKept = givesKept });
        var sync = _pump.Expect(new Expected(ExpectedKind.Sync) { IsOurs = true, Step = step, GivesKept = givesKept });
        await WriteAsync(Injected.Statement(sql)).ConfigureAwait(false);
        return new Answer(sync.Done);
    }

    /// <summary>What completes when the server has answered.</summary>
    private readonly record struct Answer(Task Done);

    private async Task<HeldStatement> HoldAsync(GateRun run, StepKind kind, string sql, IReadOnlyList<string?> parameters, bool isAutocommit)
    {
        var statement = Hold(run, kind, sql, parameters, isAutocommit);
        return await statement.Released.ConfigureAwait(false) ? statement : throw new OperationCanceledException("The run is over.");
    }

    private HeldStatement Hold(GateRun run, StepKind kind, string sql, IReadOnlyList<string?> parameters, bool isAutocommit)
    {
        if (_numberedFor != run)
        {
            _numberedFor = run;
            _number = run.NumberConnection();
        }

        var statement = new HeldStatement(_number, BackendPid, kind, run.Settings.Rewrite?.Invoke(sql) ?? sql, parameters, isAutocommit, _level.Current);
        _held = statement;
        run.Arrive(statement);
        return statement;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await _turn.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            await server.WriteAsync(bytes, _stop.Token).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static StepKind KindOf(StatementClass kind) => kind switch
    {
        StatementClass.Commit => StepKind.Commit,
        StatementClass.Rollback => StepKind.Rollback,
        _ => StepKind.Statement,
    };

    private static int IndexOf(IReadOnlyList<Piece> pieces, Piece piece)
    {
        for (var at = 0; at < pieces.Count; at++)
        {
            if (ReferenceEquals(pieces[at], piece))
            {
                return at;
            }
        }

        return -1;
    }

    private static async Task Quiet(Task task)
    {
#pragma warning disable CA1031 // It has been told already.
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception)
        {
        }
#pragma warning restore CA1031
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _stop.Dispose();
        _turn.Dispose();
    }
}
