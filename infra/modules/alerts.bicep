metadata description = 'What wakes somebody up: five alerts over the logs, and whom they tell.'

@description('Required. Name of the Log Analytics workspace.')
param workspaceName string

@description('Required. Region.')
param location string

@description('Optional. Tags, each as name=value.')
param tags string[] = []

@description('Required. What the names of alerts begin with.')
param prefix string

@description('Required. E-mail addresses that hear of alerts.')
param emailAddresses string[]

@description('Required. How long the timer may be silent: twice its schedule at least. ISO 8601.')
param timerWindow string

@description('Required. Share of failed checks of an hour, in percent, from which somebody is told.')
@minValue(1)
@maxValue(100)
param failedChecksPercent int

@description('The tags as resources want them.')
var tagObject = toObject(tags, tag => split(tag, '=')[0], tag => substring(tag, indexOf(tag, '=') + 1))

@description('The alerts: what they ask, how often and over how long, and the number that is too many or too few. Severity 1 is an error, 2 a warning.')
var alerts = [
  {
    key: 'poison-messages'
    title: 'Messages that could not be worked off'
    text: 'A message was given up after its last attempt and lies in a poison queue.'
    query: loadTextContent('queries/poison-messages.kql')
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    key: 'failed-checks'
    title: 'Many checks fail'
    text: 'The share of checks that failed or had to be put off is high: rather the identity provider, the network or the app than single mailboxes.'
    query: loadTextContent('queries/failed-checks.kql')
    severity: 2
    frequency: 'PT15M'
    window: 'PT1H'
    operator: 'GreaterThanOrEqual'
    threshold: failedChecksPercent
  }
  {
    key: 'timer-silent'
    title: 'No timer run'
    text: 'The timer has not looked for what is due: grants and secrets are not looked after.'
    query: loadTextContent('queries/timer-silent.kql')
    severity: 1
    frequency: 'PT5M'
    window: timerWindow
    operator: 'LessThan'
    threshold: 1
  }
  {
    key: 'expiring-credentials'
    title: 'Client secrets expire within 14 days'
    text: 'Mail of these configs stops on the day unless their administrators enter new ones.'
    query: loadTextContent('queries/expiring-credentials.kql')
    severity: 2
    frequency: 'PT1H'
    window: 'P1D'
    operator: 'GreaterThan'
    threshold: 0
  }
  {
    key: 'server-errors'
    title: 'The API answers 5xx'
    text: 'Requests ended in a server error.'
    query: loadTextContent('queries/server-errors.kql')
    severity: 1
    frequency: 'PT5M'
    window: 'PT15M'
    operator: 'GreaterThan'
    threshold: 3
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${prefix}'
  location: 'global'
  tags: tagObject
  properties: {
    enabled: true
    groupShortName: 'outgoingmail'
    emailReceivers: [for (address, index) in emailAddresses: {
      name: 'mail-${index}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for alert in alerts: {
  name: '${prefix}-${alert.key}'
  location: location
  tags: tagObject
  kind: 'LogAlert'
  properties: {
    displayName: alert.title
    description: alert.text
    enabled: true
    severity: alert.severity
    scopes: [
      workspace.id
    ]
    evaluationFrequency: alert.frequency
    windowSize: alert.window
    autoMitigate: true
    // The tables come into being with the first telemetry, after this.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: alert.query
          metricMeasureColumn: 'Value'
          timeAggregation: 'Total'
          operator: alert.operator
          threshold: alert.threshold
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: [
        operators.id
      ]
    }
  }
}]
