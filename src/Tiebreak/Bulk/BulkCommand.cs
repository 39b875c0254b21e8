using System.Data.Common;
using System.Text;
using Microsoft.EntityFrameworkCore.Storage;

namespace Tiebreak.Bulk;

/// <summary>The statements that travel together.</summary>
internal sealed class BulkCommand
{
    private readonly StringBuilder _sql = new();
    private readonly List<IRelationalParameter> _parameters = [];
    private readonly List<Action<DbDataReader>> _results = [];
    private int _statements;

    public bool IsEmpty => _statements == 0;

    /// <summary>Adds a statement for some rows.</summary>
    /// <param name="text">The statement.</param>
    /// <param name="source">Its columns.</param>
    /// <param name="values">Their values.</param>
    /// <param name="read">Takes one returned row; null where the statement returns none.</param>
    public void Add<TRow>(StatementText text, Unnested<TRow> source, IReadOnlyList<ColumnValues> values, Action<DbDataReader>? read)
    {
        var (sql, names) = text.At(_statements++);
        _sql.Append(_sql.Length > 0 ? ";\n" : "").Append(sql);
        for (var i = 0; i < values.Count; i++)
        {
            if (source.IsSame(i))
            {
                values[i].AddSameTo(_parameters, source.Names(i, names)[0]);
            }
            else
            {
                values[i].AddTo(_parameters, source.Names(i, names));
            }
        }

        if (read is not null)
        {
            _results.Add(read);
        }
    }

    /// <summary>Ends the transaction behind the statements: nothing can be added any more.</summary>
    public void AddCommit() => _sql.Append(";\nCOMMIT");

    /// <summary>Adds the statements to a command that has its own.</summary>
    public void AppendTo(DbCommand command)
    {
        command.CommandText += ";\n" + _sql;
        foreach (var parameter in _parameters)
        {
            parameter.AddDbParameter(command, value: null);
        }
    }

    public IRelationalCommand Build(IRelationalCommandBuilderFactory factory)
    {
        var builder = factory.Create().Append(_sql.ToString());
        foreach (var parameter in _parameters)
        {
            builder.AddParameter(parameter);
        }

        return builder.Build();
    }

    /// <summary>Reads what the statements return, in their order; a statement that returns nothing has no result.</summary>
    public async Task ReadAsync(DbDataReader reader, CancellationToken cancellationToken)
    {
        foreach (var read in _results)
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                read(reader);
            }

            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        }

        // An error of a later statement comes out only when the reader arrives at it.
        while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
        {
        }
    }
}
