"""What AWS's errors mean: each says what it is, and none of them that a job does not exist."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from botocore.parsers import ResponseParserError

from estimators.aws import refusal, told
from estimators.errors import JobError

ABSENT = "no training job 'mine' in us-east-1"


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTrainingJob")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (client_error("ExpiredTokenException", "The security token included in the request is expired"), "expired"),
        (client_error("ExpiredToken", "expired"), "sign in again"),
        (client_error("UnrecognizedClientException", "The security token is invalid"), "does not know these"),
        (client_error("InvalidSignatureException", "clock"), "does not know these"),
        (client_error("AccessDeniedException", "not authorized"), "you may not call DescribeTrainingJob"),
        (client_error("ThrottlingException", "Rate exceeded"), "try again in a minute"),
        (client_error("ServiceUnavailableException", "busy"), "AWS's side failed"),
        (client_error("InternalFailure", ""), "AWS's side failed"),
        (client_error("503", "<html>Sign in to the guest network</html>"), "no answer of AWS's"),
        (client_error("407", "Proxy Authentication Required"), "no answer of AWS's, but a page"),
        (ResponseParserError("Unable to parse response (not well-formed), invalid XML"), "no answer of AWS's"),
        (EndpointConnectionError(endpoint_url="https://api.sagemaker"), "Could not connect"),
        (NoCredentialsError(), "does not know you"),
    ],
    ids=lambda value: getattr(value, "response", {}).get("Error", {}).get("Code", type(value).__name__),
)
def test_each_failure_says_what_it_is_and_not_that_there_is_no_job(error: Exception, words: str):
    said = refusal(error, absent=ABSENT)
    assert said is not None
    assert words in said
    assert "no training job" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "error",
    [
        client_error("ValidationException", "Requested resource not found."),
        client_error("ResourceNotFoundException", "no such job"),
        client_error("ResourceNotFound", "Could not find job"),
    ],
    ids=["SageMaker", "Bedrock", "another spelling"],
)
def test_a_job_that_is_not_there_is_said_not_to_be(error: Exception):
    with pytest.raises(JobError, match="no training job 'mine' in us-east-1: "), told(ABSENT):
        raise error


def test_our_own_mistakes_are_left_alone():
    with pytest.raises(KeyError), told(ABSENT):
        raise KeyError("x")
