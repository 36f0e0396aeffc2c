import org.jetbrains.kotlin.gradle.dsl.JvmTarget
import java.util.Properties

plugins {
    alias(libs.plugins.android.application)
    alias(libs.plugins.kotlin.android)
}

val local = Properties().apply {
    rootProject.file("local.properties").takeIf { it.exists() }?.inputStream()?.use { load(it) }
}

fun setting(name: String): String? = local.getProperty(name) ?: providers.environmentVariable(name).orNull

android {
    namespace = "ru.groupprofi.crmprofi.dialer"
    compileSdk = 35

    defaultConfig {
        applicationId = "ru.groupprofi.crmprofi.dialer"
        minSdk = 23
        targetSdk = 35
        versionCode = 20000
        versionName = "2.0.0"
    }

    // Without a key the release stays unsigned.
    val releaseKey = setting("CRM_KEYSTORE_FILE")?.let { path ->
        signingConfigs.create("production") {
            storeFile = rootProject.file(path)
            storePassword = setting("CRM_KEYSTORE_PASSWORD")
            keyAlias = setting("CRM_KEY_ALIAS")
            keyPassword = setting("CRM_KEY_PASSWORD")
        }
    }

    flavorDimensions += "environment"
    productFlavors {
        create("staging") {
            dimension = "environment"
            applicationIdSuffix = ".staging"
            versionNameSuffix = "-staging"
        }
        create("production") {
            dimension = "environment"
            // The debug build keeps its own key.
            signingConfig = releaseKey
        }
    }

    buildTypes {
        release {
            isMinifyEnabled = false
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "proguard-rules.pro")
        }
    }

    // `R` is the only generated class.
    buildFeatures {
        buildConfig = false
        viewBinding = false
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }

    testOptions {
        unitTests.isIncludeAndroidResources = true
    }
}

kotlin {
    compilerOptions {
        jvmTarget.set(JvmTarget.JVM_1_8)
    }
}

dependencies {
    implementation(project(":core"))
    implementation(libs.coroutines.core)
    implementation(libs.coroutines.android)
    implementation(libs.okhttp)
    testImplementation(libs.junit4)
    testImplementation(libs.mockwebserver)
    testImplementation(libs.robolectric)
}
