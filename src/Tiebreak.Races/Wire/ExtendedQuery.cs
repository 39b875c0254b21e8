using Tiebreak.Races.Scenarios;
using Tiebreak.Races.Traces;

namespace Tiebreak.Races.Wire;

/// <summary>The extended query protocol: a pipeline up to its Sync or Flush, each Execute of which is a step.</summary>
internal sealed class ExtendedQuery(ServerLine line, GateTransactions own, Func<GateRun?> currentRun)
{
    private bool _isSplit;

    public async Task RunAsync(IReadOnlyList<Piece> pieces)
    {
        var run = currentRun();
        var isSync = pieces[^1].Type == (byte)'S';
        if (run is not null)
        {
            await own.SettleAsync().ConfigureAwait(false);
        }

        // What the server passes over does not wait for a turn.
        var held = line.Pump.SkipsToSync ? [] : pieces.Where(piece => piece.IsHeld).ToList();
        if (run is not null && pieces.Any(piece => piece.Statement is not null))
        {
            await own.PrepareRunAsync(run).ConfigureAwait(false);
        }

        foreach (var piece in pieces.Where(piece => piece is { Statement: not null, Class: StatementClass.Passes or StatementClass.Begin }))
        {
            own.Forget(piece.Statement!.Sql);
        }

        var begins = pieces.Any(piece => piece.Class is StatementClass.Begin);
        var isIdle = line.Pump.Status == 'I' && !begins;
        if (isIdle && !own.IsWrapped)
        {
            held.RemoveAll(piece => piece.Class is StatementClass.Commit or StatementClass.Rollback);
        }

        if (run is null || held.Count == 0)
        {
            if (_isSplit && isSync)
            {
                _isSplit = false;
                own.Ending = own.EndSplitAsync(run, await SendAsync(pieces, null, null, keepReady: true).ConfigureAwait(false));
                return;
            }

            await SendAsync(pieces, null, null, keepReady: false).ConfigureAwait(false);
            return;
        }

        await own.WrapAsync(run).ConfigureAwait(false);
        isIdle = line.Pump.Status == 'I' && !begins && !own.IsWrapped;
        var goesOn = _isSplit;
        var splits = goesOn || (isIdle && held.Exists(piece => piece.Class is StatementClass.Write) && !held.Exists(piece => piece.Class is StatementClass.Alone)
            && run.Settings.Autocommit is AutocommitMode.Split);
        if (isIdle && !splits)
        {
            var sql = string.Join("; ", held.Select(piece => piece.Statement!.Sql));
            var whole = await own.HoldAsync(run, StepKind.Statement, sql, held[0].Statement!.Parameters, isAutocommit: true).ConfigureAwait(false);
            await SendAsync(pieces, held[^1], whole, keepReady: false).ConfigureAwait(false);
            return;
        }

        if (splits && !goesOn)
        {
            await line.BeginAsync().ConfigureAwait(false);
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
            var step = await own.HoldAsync(run, Piece.StepOf(piece.Class), piece.Statement!.Sql, piece.Statement.Parameters, isAutocommit: false).ConfigureAwait(false);
            var isLast = piece == held[^1];
            var to = isLast ? pieces.Count : IndexOf(pieces, piece) + 1;
            var sent = await SendAsync([.. pieces.Skip(from).Take(to - from)], piece, step, splits && isSync && isLast).ConfigureAwait(false);
            from = to;
            if (isLast)
            {
                if (splits && isSync)
                {
                    own.Ending = own.EndSplitAsync(run, sent);
                }

                return;
            }

            await line.WriteAsync(Injected.Flush).ConfigureAwait(false);
            if ((await step.Result.ConfigureAwait(false)).SqlState is not null)
            {
                var rest = await SendAsync([.. pieces.Skip(from)], null, null, splits && isSync).ConfigureAwait(false);
                if (splits && isSync)
                {
                    own.Ending = own.EndSplitAsync(run, rest);
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
            line.Pump.KeepReady();
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
            last = expected is null ? last : line.Pump.Expect(expected).Done;
        }

        line.Sent = last;
        await line.WriteAsync(pieces.SelectMany(piece => piece.Bytes).ToArray()).ConfigureAwait(false);
        return new Answer(last);
    }

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
}
