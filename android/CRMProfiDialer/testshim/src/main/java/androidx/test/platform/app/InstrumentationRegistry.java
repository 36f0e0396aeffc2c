package androidx.test.platform.app;

import android.app.Instrumentation;
import android.os.Bundle;

/** Holds the instrumentation under test. */
public final class InstrumentationRegistry {
    private static volatile Instrumentation current;

    private InstrumentationRegistry() {
    }

    public static void registerInstance(Instrumentation instrumentation, Bundle arguments) {
        current = instrumentation;
    }

    public static Instrumentation getInstrumentation() {
        if (current == null) throw new IllegalStateException("no instrumentation is registered");
        return current;
    }
}
