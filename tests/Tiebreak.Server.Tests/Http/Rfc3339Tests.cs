using Tiebreak.Server.Http.Bodies;

namespace Tiebreak.Server.Tests.Http;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2030-01-31T18:00:00Z", "2030-01-31T18:00:00Z")]
    [InlineData("2030-01-31t18:00:00z", "2030-01-31T18:00:00Z")]
    [InlineData("2030-01-31T18:00:00.5+02:30", "2030-01-31T15:30:00.5Z")]
    [InlineData("2030-01-31T18:00:00-00:00", "2030-01-31T18:00:00Z")]
    [InlineData("2030-01-31T18:00:00+23:59", "2030-01-30T18:01:00Z")]
    [InlineData("2030-01-31T18:00:00-15:00", "2030-02-01T09:00:00Z")]
    [InlineData("2030-01-31T18:00:00.123456789Z", "2030-01-31T18:00:00.123456Z")]
    [InlineData("2030-01-31T18:00:00.999999999999999999Z", "2030-01-31T18:00:00.999999Z")]
    [InlineData("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z")]
    [InlineData("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z")]
    public void A_time_is_read_as_the_RFC_has_it_and_written_in_UTC(string text, string written)
    {
        Assert.True(Rfc3339.TryParse(text, out var time));
        Assert.Equal(written, Rfc3339.Format(time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2030-01-31")]
    [InlineData("2030-01-31T18:00:00")]
    [InlineData("2030-01-31T18:00Z")]
    [InlineData("2030-01-31 18:00:00Z")]
    [InlineData("2030-01-31T18:00:00.Z")]
    [InlineData("2030-01-31T18:00:00,5Z")]
    [InlineData("2030-01-31T18:00:00+0200")]
    [InlineData("2030-01-31T18:00:00+2:00")]
    [InlineData("2030-01-31T18:00:00+24:00")]
    [InlineData("2030-01-31T18:00:00+02:60")]
    [InlineData("2030-01-31T24:00:00Z")]
    [InlineData("2030-02-30T18:00:00Z")]
    [InlineData("2030-01-31T18:59:60Z")]
    [InlineData("2030-01-31T18:00:00Z\n")]
    [InlineData("\u0662030-01-31T18:00:00Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("9999-12-31T23:59:60Z")]
    public void What_the_RFC_does_not_have_is_no_time(string text) => Assert.False(Rfc3339.TryParse(text, out _));
}
