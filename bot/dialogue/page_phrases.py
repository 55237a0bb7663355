"""What the pages say, by name: the chat page's own words, the console's and the studio's.

Pages name them in templates, where no check of content looks, and a page fails whole for one that is missing.
"""

from collections.abc import Mapping
from typing import Final

_CHAT: Final = "title write send again offline missing call"
_SPANS: Final = "unit-minute unit-hour unit-hour-one unit-day unit-day-one"
_CONSOLE: Final = """
    alerts-are-on alerts-blocked alerts-on all asked-at away by-helpline by-hour by-language calls case chain-cut
    chain-deleted chain-edited chain-reordered chain-whole close-hint close-window code-hint code-title codes-hint
    codes-picture codes-secret codes-title comes-from content-ended content-hint-ended content-hint-in-group
    content-hint-locked content-hint-not-for-you content-in-group content-locked content-not-for-you continue
    conversation did-acted did-broke-glass did-called did-content-approved did-content-dropped did-content-edited
    did-content-published did-content-rolled-back did-content-scheduled did-content-sent-back did-content-submitted
    did-exported did-invited did-joined did-opened did-passkey-added did-passkey-removed did-password-changed
    did-recovered did-refused did-removed did-sign-in-failed did-signed-in did-signed-out did-trimmed edited
    empty-closed empty-filter empty-mine empty-unassigned empty-waiting entries export export-hint fault fault-forged
    fault-missing fault-out-of-order fault-unreadable fewer filter filter-clear filter-do filter-on glass
    glass-broken glass-why held-title helpers helpline here-looking here-typing holds invitation-code invitation-for
    invitation-hint invitation-picture invitation-telegram invite invite-again invite-name invite-name-hint is-here
    is-in join join-hello join-title key-claim key-help key-next key-open key-previous key-reply key-search keys
    language language-unknown later locked-banner media-contact media-document media-location media-other media-photo
    media-show media-sticker media-there media-video media-voice median menu mine name newer not-joined note note-add
    note-hint note-keep nothing-said notice-changed notice-done notice-invitation-old notice-invitation-wrong
    notice-moved-on notice-name-needed notice-name-taken notice-not-the-same notice-noted notice-page-old
    notice-passkey-failed notice-queued notice-reason-needed notice-reminded notice-removed notice-sent
    notice-session-over notice-signed-out notice-time-needed notice-too-many notice-too-short notice-wrong-code
    notice-wrong-old notice-wrong-sign-in number older open-now p90 passkey-add passkey-label passkey-offer-hint
    passkey-offer-title passkey-opens passkey-sign-in passkeys passkeys-hint password password-again password-hint
    password-new password-old person phone-own phone-shared phone-unknown phrases phrases-hint place-account
    place-audit place-inbox place-staff place-studio place-supervisor profile reads ready-replies reason reassign
    refer-do release-hint remind remind-hint reminder-at remove remove-hint remove-title reply-label retry role
    rules-not-now rules-open rules-unknown rules-veiled rules-veiled-now rules-wait save search send sent-failed
    sent-late sent-queued sent-sent sent-shown sent-veiled sign-in sign-out sign-out-everywhere skip span-days
    span-hours span-minutes span-now speaks start-again tab-closed tab-mine tab-unassigned tab-waiting time title
    tools topic topic-unknown trouble-broken trouble-forbidden trouble-hint-broken trouble-hint-forbidden
    trouble-hint-missing trouble-hint-page-old trouble-hint-signed-out trouble-hint-store-away trouble-missing
    trouble-page-old trouble-signed-out trouble-store-away unanswered unanswered-none
    undelivered undelivered-one unlock unlock-hint unlock-title unread unsure unsure-again until urgent-count
    urgent-count-one urgent-new waits-title was-phrase what who why-closed why-for-person why-here why-nobody-took
    why-nobody-wrote why-person-wrote why-quiet why-referral why-referral-out why-undelivered why-unreachable you
    your-words
"""
_STUDIO: Final = """
    add-card add-fact add-flow add-helpline add-hotline add-picture add-screen add-topic all all-languages approve
    approved-by as-form as-text asked-by-at-least at-live back-to-texts became begin begun-by call-due call-hint
    call-note call-numbers calls can-go-live catch-up cell-draft cell-empty cell-empty-one cell-missing cell-reviewed
    cell-stale change-called change-title change-title-hint change-translate check-all check-fine check-not-sound
    check-says check-sound check-takes check-this checked-on clash-choose clash-hint clash-mine clash-theirs
    clash-title comment comments comments-one comments-title confidence-high confidence-low confidence-medium
    conversations conversations-one cost-free cost-normal cost-unknown coverage coverage-hint crossed crossed-hint
    crossed-mine crossed-theirs day-fri day-mon day-sat day-sun day-thu day-tue day-wed differences download-csv
    download-po download-xlf drop drop-hint due-mine due-soon due-soon-one edit-as effects effects-after
    effects-asked effects-before effects-better effects-choice effects-counted effects-danger effects-example
    effects-hint effects-none effects-nothing effects-other effects-same effects-tested effects-tried effects-worse
    everybody example-yes exchange exchange-hint fate-empty fate-english-changed fate-refused fate-same fate-slots
    fate-taken fate-twice fate-unknown field-about field-address field-adds field-after-wait field-answer
    field-answer-as field-answers field-ask field-ask-hint field-at-most field-canned field-capacity field-caution
    field-chat field-checked field-closed-on field-closes field-columns field-condition field-confidence field-cost
    field-countries field-country field-danger field-days field-dial field-does field-e164 field-example
    field-fallback field-flow field-for field-from field-go field-government field-group field-helpline-about
    field-here field-high field-hotlines field-hours field-icon field-if field-interpreter field-kept field-kind
    field-label field-languages field-low field-mode field-more field-name field-next field-no-number-in
    field-numbers field-opens field-option-value field-origin field-origins field-per field-phrase field-points
    field-review-by field-rule field-save field-say field-screens field-sensitive field-sets field-slot field-source
    field-source-date field-source-title field-sources field-stage field-start field-text field-title field-to
    field-topic field-topics field-tries-after field-unit field-urgency field-url field-valid-from field-valid-to
    field-value field-what field-words field-works-in field-zone file-line file-no-columns file-not-text
    file-not-this-form file-reviewed file-too-large file-too-many file-wrong-language files files-one filter find
    folder-is-live for-review found-wrong found-wrong-one from-anywhere glossary glossary-lacking goes-live
    government-yes heard-changed
    heard-works heard-wrong help-border help-children help-embassy help-emergency help-immigration help-labour
    help-legal help-medical help-mental-health help-ngo help-police help-scam help-trafficking help-union
    help-violence help-women hint-about hint-answer hint-ask hint-caution hint-checked hint-complete hint-condition
    hint-confidence hint-day hint-details hint-dial hint-e164 hint-hours hint-languages hint-more hint-next
    hint-option-value hint-points hint-rule hint-save hint-slot hint-sources hint-text hint-url hint-value history
    history-of hotlines-by-kind hours-always hours-shifts hours-unknown how-true i-reviewed in-change in-place
    interpreter-not-guaranteed interpreter-yes is-behind is-gone is-in is-live is-new its-change kind-card
    kind-danger kind-fact kind-file kind-flow kind-helpline kind-hotline kind-media kind-phrase kind-place
    kind-screen kind-test kind-text kind-topic kinds kinds-card kinds-danger kinds-fact kinds-flow kinds-helpline
    kinds-hotline kinds-phrase kinds-place kinds-screen kinds-topic late learn-hint leave-change looking-at-live
    map-all map-asked map-draft map-everywhere map-goes map-gone map-good map-key map-languages map-later
    map-leads-to map-list map-missing map-numbers map-opens map-overdue map-read map-seen map-stale map-start
    map-stopped map-taken map-then-asked map-topics map-unreached map-unreadable memory missed missing-in mode-alert
    mode-relay more more-differences more-differences-one more-texts more-to-do my-changes nearest-topics new-file
    new-id new-id-hint next next-approved next-dropped next-due next-open next-published next-scheduled
    next-submitted no-changes no-changes-of-mine no-differences no-history no-microphone not-in-time not-taken
    nothing-due nothing-found nothing-to-review nothing-unanswered notice-approved notice-begin-first
    notice-call-noted notice-call-noted-only notice-call-told notice-caught-up notice-commented notice-dropped
    notice-file-form notice-has-slots notice-id-needed notice-id-taken notice-moment-needed notice-no-file
    notice-no-such-file notice-no-such-member notice-no-such-text notice-not-well notice-not-written
    notice-nothing-new notice-published notice-rolled-back notice-saved notice-scheduled notice-sent-back
    notice-submitted notice-taken-in notice-taken-out notice-topic-begun notice-topic-fields notice-topic-there
    notice-unscheduled one-more origin overdue overdue-one owner owner-nobody part-source phone phone-again phone-as
    phone-broken phone-called phone-clock phone-day phone-heard-answer phone-heard-choose phone-heard-none
    phone-helpline phone-helpline-accepts phone-helpline-asks-to-pass-on phone-helpline-closes
    phone-helpline-declines phone-helpline-finds-code phone-helpline-finds-no-code phone-helpline-is-silent
    phone-helpline-reads phone-helpline-writes phone-helplines phone-here phone-is-over phone-later phone-look
    phone-more phone-no-language phone-origin phone-sent-document phone-sent-location phone-sent-photo
    phone-sent-voice phone-stage phone-stands phone-undo phone-wakes phone-whence picture-file picture-hint
    picture-language picture-name pictures place publish read-aloud record record-again record-listen record-stop
    recording-stale recording-there refused-bad-name refused-changed-meanwhile refused-closed refused-empty
    refused-in-the-past refused-live-already refused-moved-on refused-no-such-change refused-no-such-version
    refused-not-approved refused-not-checked refused-not-scheduled refused-not-submitted refused-not-well
    refused-nothing-changed refused-own-work refused-publisher-left refused-reviewer-left refused-too-long
    refused-too-many reminder report review-by reviewed-by roll-back roll-back-hint save-and-next schedule
    schedule-at search search-hint send-back send-back-why sensitive-yes skip-text soon-due sound-file sound-hint
    source stage-before stage-help stage-home stage-journey stage-trouble stage-work stale-in state-approved
    state-dropped state-of-draft state-of-missing state-of-reviewed state-of-stale state-open state-published
    state-scheduled state-submitted step-ask step-call step-choose step-do step-end step-go step-say step-set
    step-show submit submitted-by tab-changes tab-content tab-keep tab-learn tab-map tab-media tab-overview
    tab-translate tab-versions take-file take-file-now take-out take-out-hint take-out-row text-now text-overtaken
    texts-draft texts-missing texts-reviewed texts-stale title to-change topic-id topic-stage topic-title
    translate-into unanswered unfit-broken unfit-drawing unfit-kind unfit-no-picture unfit-no-sound unfit-nothing
    unfit-too-large unfit-too-long unfit-too-many-pixels unfit-too-short unproved unschedule upload version
    version-imported
    version-number version-published version-rolled-back vital vital-behind vital-behind-one vital-hint voices
    when-no-answer which-text whole-flow write-topic written-by wrong-either wrong-invisible wrong-needed
    wrong-no-link wrong-one-of wrong-order wrong-too-few wrong-too-long wrong-too-many wrong-twice wrong-unreadable
    wrong-written
"""

PAGE_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "page": tuple(f"page-{name}" for name in _CHAT.split()),
    "console": (*(f"console-{name}" for name in _CONSOLE.split()), *_SPANS.split()),
    "studio": tuple(f"studio-{name}" for name in _STUDIO.split()),
}
"""By how their names begin. What begins so in the content is all here, or the engine says it: a test compares them."""
