namespace Tiebreak.Server.Settings;

/// <summary>A setting cannot be used. The server does not start; the message names the setting and what it takes.</summary>
internal sealed class SettingsException(string message, Exception? innerException = null) : Exception(message, innerException);
