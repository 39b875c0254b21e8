using Tiebreak.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresCluster))]
