using Tiebreak.Testing;

[assembly: AssemblyFixture(typeof(PostgresCluster))]
