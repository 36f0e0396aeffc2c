package androidx.test.runner.intent;

import android.app.Instrumentation;
import android.content.Intent;

/** Answers for another activity; there is none here. */
public interface IntentStubber {
    Instrumentation.ActivityResult getActivityResultForIntent(Intent intent);
}
