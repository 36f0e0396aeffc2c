package ru.groupprofi.crmprofi.dialer

import android.app.Application

class CRMApplication : Application()
