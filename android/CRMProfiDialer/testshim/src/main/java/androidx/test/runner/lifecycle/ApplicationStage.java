package androidx.test.runner.lifecycle;

/** What an application has just done. */
public enum ApplicationStage {
    PRE_ON_CREATE, CREATED
}
