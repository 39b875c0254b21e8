using System.Text.Json;
using Tiebreak.Server.Tests.Support;

namespace Tiebreak.Server.Tests.OpenApi;

public sealed class OpenApiExamplesTests(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Every_example_fits_its_schema()
    {
        var document = await ReadAsync();
        var faults = new List<string>();
        var count = 0;
        foreach (var (method, path, operation) in document.Operations)
        {
            foreach (var (place, schema, example) in ExamplesOf(operation))
            {
                count++;
                faults.AddRange(SchemaCheck.Faults(document.Root, schema, example, isClosed: true).Select(fault => $"{method} {path} {place} {fault}"));
            }
        }

        Assert.True(count > 300, $"Only {count} examples were found.");
        Assert.True(faults.Count == 0, $"{faults.Count} faults:\n{string.Join('\n', faults.Take(40))}");
    }

    [Fact]
    public async Task Every_route_has_a_name_of_its_own_that_a_client_can_call_it_by()
    {
        var names = (await ReadAsync()).Operations.Select(one => one.Operation.TryGetProperty("operationId", out var id) ? id.GetString()! : $"{one.Method} {one.Path}").ToList();

        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, name => Assert.Matches("^[a-z][A-Za-z]+$", name));
        Assert.Contains("acceptInvite", names);
    }

    [Fact]
    public async Task A_booking_is_held_or_confirmed_and_nothing_else()
    {
        var root = (await ReadAsync()).Root;
        var status = root.GetProperty("components").GetProperty("schemas").GetProperty("BookingModel").GetProperty("properties").GetProperty("status");

        Assert.Empty(SchemaCheck.Faults(root, status, JsonDocument.Parse("\"held\"").RootElement));
        Assert.NotEmpty(SchemaCheck.Faults(root, status, JsonDocument.Parse("\"expired\"").RootElement));
    }

    [Fact]
    public async Task What_may_be_tried_again_says_when()
    {
        foreach (var (method, path, operation) in (await ReadAsync()).Operations)
        {
            foreach (var answer in operation.GetProperty("responses").EnumerateObject())
            {
                var says = answer.Value.TryGetProperty("headers", out var headers) && headers.TryGetProperty("Retry-After", out _);
                Assert.True(says == (answer.Name is "429" or "503"), $"{method} {path} {answer.Name}");
            }
        }
    }

    [Fact]
    public async Task Facts_have_members_of_their_own_and_no_other_body_has()
    {
        var root = (await ReadAsync()).Root;
        var schemas = root.GetProperty("components").GetProperty("schemas");

        Assert.Empty(SchemaCheck.Faults(root, schemas.GetProperty("EarnFacts"), JsonDocument.Parse("""{"amount": 1, "shop": "north", "visits": 2.5, "member": true}""").RootElement));
        Assert.NotEmpty(SchemaCheck.Faults(root, schemas.GetProperty("EarnFacts"), JsonDocument.Parse("""{"amount": 1, "shop": []}""").RootElement));
        foreach (var schema in schemas.EnumerateObject().Where(schema => schema.Name.EndsWith("Body", StringComparison.Ordinal) || schema.Name.EndsWith("Rule", StringComparison.Ordinal) || schema.Name == "Tier").Where(schema => schema.Name != "PointsRule"))
        {
            Assert.True(schema.Value.TryGetProperty("additionalProperties", out var others) && others.ValueKind == JsonValueKind.False, schema.Name);
        }
    }

    private static IEnumerable<(string Place, JsonElement Schema, JsonElement Example)> ExamplesOf(JsonElement operation)
    {
        foreach (var parameter in operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray().ToList() : [])
        {
            // Each has one: a reader who has none makes one up.
            yield return (parameter.GetProperty("name").GetString()!, parameter.GetProperty("schema"), parameter.GetProperty("example"));
        }

        // A body that may be left out is {}, which the document's writer leaves out too.
        if (operation.TryGetProperty("requestBody", out var body) && body.TryGetProperty("required", out _))
        {
            yield return ("body", ServedDocument.ContentOf(body).GetProperty("schema"), ServedDocument.ContentOf(body).GetProperty("example"));
        }

        foreach (var answer in operation.GetProperty("responses").EnumerateObject().Where(answer => answer.Name != "204"))
        {
            var content = ServedDocument.ContentOf(answer.Value);
            foreach (var example in content.TryGetProperty("examples", out var examples) ? examples.EnumerateObject().Select(one => one.Value.GetProperty("value")).ToList() : [content.GetProperty("example")])
            {
                yield return (answer.Name, content.GetProperty("schema"), example);
            }
        }
    }

    private async Task<ServedDocument> ReadAsync() => new((await server.Api.GetAsync("/openapi/v1.json")).Expect(200).Json);
}
