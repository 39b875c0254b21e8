using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;

namespace Tiebreak.Updates;

/// <summary>
/// Fits a statement to the parameters' values (which are null, how long a list is). The change goes the same way as the
/// query that it hangs on.
/// </summary>
internal sealed class ReturningSqlProcessor(
    RelationalParameterBasedSqlProcessorDependencies dependencies,
    RelationalParameterBasedSqlProcessorParameters parameters,
    RelationalParameterBasedSqlProcessor inner)
    : RelationalParameterBasedSqlProcessor(dependencies, parameters)
{
    public override Expression Process(Expression queryExpression, ParametersCacheDecorator parametersDecorator)
    {
        var processed = inner.Process(queryExpression, parametersDecorator);
        return ChangeQuery.On(queryExpression) is { } change
            ? (change with { Change = inner.Process(change.Change, parametersDecorator) }).PutOn((SelectExpression)processed, processed: true)
            : processed;
    }
}

internal sealed class ReturningSqlProcessorFactory(
    RelationalParameterBasedSqlProcessorDependencies dependencies, IRelationalParameterBasedSqlProcessorFactory inner)
    : IRelationalParameterBasedSqlProcessorFactory
{
    public RelationalParameterBasedSqlProcessor Create(RelationalParameterBasedSqlProcessorParameters parameters) =>
        new ReturningSqlProcessor(dependencies, parameters, inner.Create(parameters));
}
