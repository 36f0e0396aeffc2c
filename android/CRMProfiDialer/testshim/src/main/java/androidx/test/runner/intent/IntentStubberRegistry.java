package androidx.test.runner.intent;

/** Always empty: an intent is never answered by a stub. */
public final class IntentStubberRegistry {
    private IntentStubberRegistry() {
    }

    public static boolean isLoaded() {
        return false;
    }

    public static IntentStubber getInstance() {
        throw new IllegalStateException("no stub of intents is registered");
    }
}
