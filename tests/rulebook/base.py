"""A small valid set of files that tests add to, and break."""

from __future__ import annotations

BASE: dict[str, str] = {
    "config/people.yaml": """\
- person: desk
  name: Duty desk
  sms: 07700 900001
  email: desk@example.gov.uk
  call: 020 7946 0001
""",
    "config/roles.yaml": """\
- role: safeguarding_duty
  title: Team on duty
  rota: desk_rota
  during: office
  otherwise: duty_manager
  backup: duty_manager
- role: duty_manager
  title: Manager on duty
  rota: desk_rota
- role: head_of_service
  title: Head of service
  rota: desk_rota
- role: rules_admin
  title: Keeper of the rules
  rota: desk_rota
- rota: desk_rota
  always: [desk]
- hours: office
  days: {mon: {from: 09:00, to: 17:15}, fri: {from: 09:00, to: 24:00}}
  closed_on: england_bank_holidays
  also_closed: [2026-12-24]
""",
    "rules/ladders.yaml": """\
- ladder: default_urgent
  title: The ladder of urgent alerts
  steps:
    - {after: 5 minutes, notify: safeguarding_duty, template: urgent_response, by: [call]}
    - {after: 20 minutes, notify: [duty_manager, head_of_service], template: urgent_response, by: [sms], rest: wake}
  repeat: {every: 15 minutes, times: 4}
  exhausted: head_of_service
""",
    "rules/lists.yaml": """\
- list: knives
  words: [bladed_article, offensive_weapon]
- list: weapons
  words: [firearm_possession]
  include: [knives]
- list: sites
  about: Hospitals with an agreed pathway
  words: [whipps_cross]
  also: {whipps x: whipps_cross}
""",
}

TEMPLATES = {
    "templates/urgent_response.sms.j2": "{{ ref }} {{ cohort }}",
    "templates/urgent_response.email.j2": "Subject: {{ ref }}\n\n{{ cohort }}\n",
    "templates/urgent_response.call.j2": "Urgent alert from {{ service }}",
    "templates/only_sms.sms.j2": "{{ ref }}",
}
"""Templates that the bad files use."""

GOLDEN_HOUR = """\
- definition: child
  title: A child
  source: Protocol
  owner: head_of_service
  review_by: 2027-03-31
  all:
    - field: person.age
      less_than: 18

- rule: custody_cohort
  title: Child in custody
  source: Protocol, Golden Hour
  owner: head_of_service
  review_by: 2027-03-31
  severity: urgent
  status: live
  when:
    message: incident
    all:
      - definition: child
      - field: incident.offence
        has_any: weapons
      - count:
          messages: incident
          where: [{definition: child}]
          same: incident.ward
          different: incident.ref
          within: 7 days
          at_least: 3
  if_missing: match
  then:
    - classify: urgent_response
    - start_clock: golden_hour
    - notify: safeguarding_duty
      template: urgent_response
      by: [sms, email]
  once_per: [case_ref]

- clock: golden_hour
  title: Police contact within 1 hour
  source: Protocol, Golden Hour
  owner: head_of_service
  review_by: 2027-03-31
  one_per: custody.ref
  starts_at: [custody.booked_in_at]
  or_else: [received_at]
  due: 1 hour
  counts: elapsed
  stops_when:
    - status: police_contacted_mash
    - status: contact
      all: [{field: contact.outcome, equals: contacted_young_person}]
  warn:
    - {at: 30 minutes, notify: safeguarding_duty, template: urgent_response, by: [sms]}
  on_breach: {ladder: default_urgent}
"""
"""A rule file that uses most of the language."""

VALID = {**BASE, "rules/golden_hour.yaml": GOLDEN_HOUR}
