using System.Text;
using Tiebreak.Races.Scenarios;

namespace Tiebreak.Races.Wire;

/// <summary>The simple query protocol: one message with a text, which is one step.</summary>
internal sealed class SimpleQuery(ServerLine line, GateTransactions own, StatementClassifier classifier, Func<GateRun?> currentRun)
{
    public async Task RunAsync(byte[] bytes)
    {
        var sql = Encoding.UTF8.GetString(bytes.AsSpan(5, bytes.Length - 6));
        var kind = classifier.Classify(sql);
        var run = currentRun();
        if (run is not null)
        {
            await own.SettleAsync().ConfigureAwait(false);
            await own.PrepareRunAsync(run).ConfigureAwait(false);
            if (own.IsWrapped && kind is StatementClass.Passes && sql.Contains("discard", StringComparison.OrdinalIgnoreCase))
            {
                // It cannot run inside the transaction that the client does not know of. What is asked instead answers without rows too.
                sql = "CLOSE ALL";
            }
        }

        if (kind is StatementClass.Passes or StatementClass.Begin)
        {
            own.Forget(sql);
        }

        var isIdle = line.Pump.Status == 'I';
        if (run is null || kind is StatementClass.Passes or StatementClass.Begin || (isIdle && kind is StatementClass.Commit or StatementClass.Rollback && !own.IsWrapped))
        {
            line.Sent = line.Pump.Expect(new Expected(ExpectedKind.Query)).Done;
            await line.WriteAsync(Frame.OfTexts('Q', sql)).ConfigureAwait(false);
            return;
        }

        await own.WrapAsync(run).ConfigureAwait(false);
        isIdle = line.Pump.Status == 'I' && !own.IsWrapped;
        var splits = isIdle && kind is StatementClass.Write && run.Settings.Autocommit is AutocommitMode.Split;
        if (splits)
        {
            await line.BeginAsync().ConfigureAwait(false);
        }

        var step = await own.HoldAsync(run, Piece.StepOf(kind), sql, [], isIdle && !splits).ConfigureAwait(false);
        var all = line.Pump.Expect(new Expected(ExpectedKind.Query) { Step = step, IsOurs = false });
        line.Sent = all.Done;
        if (splits)
        {
            line.Pump.KeepReady();
        }

        await line.WriteAsync(Frame.OfTexts('Q', run.Settings.Rewrite?.Invoke(sql) ?? sql)).ConfigureAwait(false);
        if (splits)
        {
            own.Ending = own.EndSplitAsync(run, new Answer(all.Done));
        }
    }
}
