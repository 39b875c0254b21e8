using System.Text.Json.Serialization.Metadata;
using Tiebreak.Server.Http;
using Tiebreak.Server.Http.Bodies;
using Tiebreak.Server.Http.OpenApi;
using Tiebreak.Server.Http.Paging;
using Tiebreak.Server.Http.Problems;
using Tiebreak.Server.Outcomes;
using Tiebreak.Server.Systems;

namespace Tiebreak.Server.Points;

/// <summary>The routes of programs, accounts and transfers.</summary>
internal static class PointsEndpoints
{
    public static IServiceCollection AddPoints(this IServiceCollection services) => services
        .AddSingleton<PutProgram>()
        .AddSingleton<PutAccount>()
        .AddSingleton<EarnPoints>()
        .AddSingleton<SpendPoints>()
        .AddSingleton<TransferPoints>()
        .AddSingleton<PointsQueries>()
        .AddSingleton<IReconcile, PointsReconcile>();

    public static void MapPoints(this IEndpointRouteBuilder routes)
    {
        var points = routes.MapGroup("/v1").WithTags("Points");
        points.MapPut("/programs/{programId}", PutProgramAsync).Takes<PutProgramBody>().Gives(PointsExamples.Program, PointsJson.Default.ProgramModel).Gives(PointsExamples.Program, PointsJson.Default.ProgramModel, 201)
            .WithSummary("Makes a program, or replaces its rules");

        var accounts = points.MapGroup("/accounts/{accountId}");
        accounts.MapPut("/", PutAccountAsync).Takes<PutAccountBody>().Gives(PointsExamples.Account, PointsJson.Default.AccountModel).Gives(PointsExamples.Account, PointsJson.Default.AccountModel, 201)
            .Refuses(PointsRefusals.ProgramNotFound)
            .WithSummary("Opens an account, or gives one another program; without programId it has none from then on");
        accounts.MapGet("/", GetAccountAsync).Gives(PointsExamples.Account, PointsJson.Default.AccountModel).Refuses(PointsRefusals.AccountNotFound)
            .WithSummary("Shows an account");
        accounts.MapPost("/earn", EarnAsync).Takes<EarnBody>().Gives(PointsExamples.Earned, PointsJson.Default.EntryModel, 201)
            .Refuses(PointsRefusals.NoProgram, PointsRefusals.BalanceLimit)
            .WithSummary("Adds points, given directly or by the rules of the account's program; opens an unknown account");
        accounts.MapPost("/spend", SpendAsync).Takes<SpendBody>().Gives(PointsExamples.Spent, PointsJson.Default.EntryModel, 201)
            .Refuses(PointsRefusals.AccountNotFound, PointsRefusals.InsufficientPoints)
            .WithSummary("Takes points");
        accounts.MapGet("/entries", ListEntriesAsync).GivesPages(PointsExamples.Spent, PointsJson.Default.PageEntryModel).Refuses(PointsRefusals.AccountNotFound)
            .WithSummary("Lists an account's entries, newest first");

        points.MapPost("/transfers", TransferAsync).Takes<TransferBody>().Gives(PointsExamples.Transfer, PointsJson.Default.TransferModel, 201)
            .Refuses(PointsRefusals.AccountNotFound, PointsRefusals.InsufficientPoints, PointsRefusals.BalanceLimit)
            .WithSummary("Moves points from one account to another");
    }

    private static async Task<IResult> PutProgramAsync(string programId, RequestBody<PutProgramBody> body, PutProgram put, CancellationToken cancellationToken) =>
        SavedResult(await put.RunAsync(new PutProgram.Request(CallerId.Check(programId, nameof(programId)), body.Value.Rules), cancellationToken), PointsJson.Default.ProgramModel);

    private static async Task<IResult> PutAccountAsync(string accountId, RequestBody<PutAccountBody> body, PutAccount put, CancellationToken cancellationToken) =>
        SavedResult(await put.RunAsync(new PutAccount.Request(CallerId.Check(accountId, nameof(accountId)), body.Value.ProgramId), cancellationToken), PointsJson.Default.AccountModel);

    private static async Task<IResult> GetAccountAsync(string accountId, PointsQueries queries, CancellationToken cancellationToken) =>
        Found(accountId, await queries.AccountAsync(CallerId.Check(accountId, nameof(accountId)), cancellationToken), PointsJson.Default.AccountModel);

    private static async Task<IResult> EarnAsync(string accountId, RequestBody<EarnBody> body, EarnPoints earn, CancellationToken cancellationToken)
    {
        var (points, facts, reason) = body.Value;
        var request = new EarnPoints.Request(CallerId.Check(accountId, nameof(accountId)), points ?? 0, facts, reason, body.Identity);
        return (await earn.RunAsync(request, cancellationToken)).Created(PointsJson.Default.EntryModel);
    }

    private static async Task<IResult> SpendAsync(string accountId, RequestBody<SpendBody> body, SpendPoints spend, CancellationToken cancellationToken) =>
        (await spend.RunAsync(new SpendPoints.Request(CallerId.Check(accountId, nameof(accountId)), body.Value.Points, body.Value.Reason, body.Identity), cancellationToken))
        .Created(PointsJson.Default.EntryModel);

    private static async Task<IResult> ListEntriesAsync(string accountId, PageQuery page, PointsQueries queries, CancellationToken cancellationToken) =>
        Found(accountId, await queries.EntriesAsync(CallerId.Check(accountId, nameof(accountId)), page, cancellationToken), PointsJson.Default.PageEntryModel);

    private static async Task<IResult> TransferAsync(RequestBody<TransferBody> body, TransferPoints transfer, CancellationToken cancellationToken)
    {
        var (from, to, points, reason) = body.Value;
        return (await transfer.RunAsync(new TransferPoints.Request(from, to, points, reason, body.Identity), cancellationToken)).Created(PointsJson.Default.TransferModel);
    }

    private static IResult Found<T>(string accountId, T? value, JsonTypeInfo<T> type)
        where T : class =>
        value is null ? new ProblemResult(PointsRefusals.NoAccount(accountId)) : OutcomeResult.Ok(value, type);

    private static IResult SavedResult<T>(Outcome<Saved<T>> outcome, JsonTypeInfo<T> type)
        where T : class
    {
        if (!outcome.IsAccepted)
        {
            return new ProblemResult(outcome.Refusal);
        }

        Outcome<T> value = outcome.Value.Value;
        return outcome.Value.IsNew ? value.Created(type) : value.Ok(type);
    }
}
