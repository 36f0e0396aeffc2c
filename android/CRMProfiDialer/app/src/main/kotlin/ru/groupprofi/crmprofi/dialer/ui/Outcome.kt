package ru.groupprofi.crmprofi.dialer.ui

import ru.groupprofi.crmprofi.dialer.R

/** How a call ended for the business; [word] goes to the server. */
enum class Outcome(val word: String, val title: Int, val button: Int) {
    AGREED("agreed", R.string.outcome_agreed, R.id.note_agreed),
    CALL_BACK("call_back", R.string.outcome_call_back, R.id.note_call_back),
    NOT_INTERESTED("not_interested", R.string.outcome_not_interested, R.id.note_not_interested),
    NO_ANSWER("no_answer", R.string.outcome_no_answer, R.id.note_no_answer),
    WRONG_NUMBER("wrong_number", R.string.outcome_wrong_number, R.id.note_wrong_number),
}
